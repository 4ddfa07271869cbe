using FsCheck;
using FsCheck.Fluent;
using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests;

/// <summary>
/// What every method between the vision encoder's blocks promises, whatever its paper: run over the whole catalog with generated frames.
/// </summary>
public class EncoderContract
{
    // The same frames in every run: a failure here is a finding about the code, not about the day.
    private const ulong Seed = 20261, Gamma = 2821;

    // Weights and sizes are float32 and some hundred may be added.
    private const double Tolerance = 1e-4;

    // vid-TLDR lets a source into its target with a weight by saliency, and counts it by the same weight (its page, step 5).
    private static readonly string[] CountsBySaliency = ["vid-tldr"];

    public static TheoryData<string> Reducers => [.. EncoderMethods.That<IEncoderReducer>(MethodPlaces.InsideEncoder)];

    [Theory]
    [MemberData(nameof(Reducers))]
    public void Plans_fit_the_rows_that_are_there(string id) => AtEveryStop(id, (_, stop) =>
    {
        (EncoderView view, ReductionPlan plan) = (stop.View, stop.Step.Plan);
        Assert.InRange(plan.Count, 1, view.Count);
        Assert.All(stop.Step.SequenceLengths, length => Assert.InRange(length, 0, plan.Count));
        Assert.Equal(plan.Count, stop.Step.SequenceLengths.Sum());
        Assert.All(plan.Sources, source => Assert.InRange(source, 0, view.Count - 1));
        Assert.Equal(plan.Places.Distinct().Count(), plan.Count);
        for (int row = 0; row < plan.Count; row++)
            Assert.Contains(plan.Places[row], Sources(plan, row));
    });

    [Theory]
    [MemberData(nameof(Reducers))]
    public void Weights_are_shares_where_the_method_averages(string id) => AtEveryStop(id, (_, stop) =>
    {
        ReductionPlan plan = stop.Step.Plan;
        Assert.All(plan.Weights, weight => Assert.True(float.IsFinite(weight), $"a weight is {weight}"));
        if (!Catalog.Find(id).Card.Averages)
            return;
        Assert.All(plan.Weights, weight => Assert.True(weight >= 0, $"a weight is {weight}"));
        for (int row = 0; row < plan.Count; row++)
            Assert.InRange(
                Enumerable.Range(plan.Offsets[row], plan.Offsets[row + 1] - plan.Offsets[row]).Sum(entry => (double)plan.Weights[entry]),
                1 - Tolerance, 1 + Tolerance);
    });

    [Theory]
    [MemberData(nameof(Reducers))]
    public void Sizes_are_those_of_the_rows_that_went_in(string id) => AtEveryStop(id, (_, stop) =>
    {
        ReductionPlan plan = stop.Step.Plan;
        double before = stop.View.Sizes.Sum(size => (double)size), after = plan.Sizes.Sum(size => (double)size);
        Assert.All(plan.Sizes, size => Assert.True(size > 0 && float.IsFinite(size), $"a row stands for {size} patches"));
        Assert.True(after <= before * (1 + Tolerance), $"{before} patches have become {after}");
        bool[] went = new bool[plan.SourceCount];
        for (int entry = 0; entry < plan.Sources.Count; entry++)
            went[plan.Sources[entry]] |= plan.Weights[entry] != 0;
        if (Catalog.Find(id).Card.Averages && !CountsBySaliency.Contains(id) && went.All(used => used))
            Assert.InRange(after, before * (1 - Tolerance), before * (1 + Tolerance));
    });

    [Theory]
    [MemberData(nameof(Reducers))]
    public void Class_tokens_stay_at_the_head_and_take_no_patch(string id) => AtEveryStop(id, (_, stop) =>
    {
        (EncoderView view, ReductionPlan plan) = (stop.View, stop.Step.Plan);
        bool joins = stop.Step.SequenceLengths.Count != view.SequenceLengths.Count;
        var heads = new List<int>();
        for (int row = 0; row < plan.Count; row++)
        {
            int[] weighty = [.. Enumerable.Range(plan.Offsets[row], plan.Offsets[row + 1] - plan.Offsets[row])
                .Where(entry => plan.Weights[entry] != 0).Select(entry => plan.Sources[entry])];
            Assert.Single(weighty.Select(source => view.Places[source] < 0).Distinct());
            if (view.Places[plan.Places[row]] >= 0)
                continue;
            heads.Add(row);
            if (!joins)
                Assert.Equal((1, 1f), (weighty.Length, plan.Weights[plan.Offsets[row]]));
        }
        // Sequences that a method joins may bring all their class tokens, or one for all; from then on they keep what they brought.
        int start = 0, seen = 0;
        for (int sequence = 0; sequence < stop.Step.SequenceLengths.Count; sequence++)
        {
            int length = stop.Step.SequenceLengths[sequence];
            int[] own = [.. heads.Where(row => row >= start && row < start + length)];
            Assert.Equal(Enumerable.Range(start, own.Length), own);
            if (!joins)
            {
                Assert.Equal(view.Places.Skip(seen).Take(view.SequenceLengths[sequence]).Count(place => place < 0), own.Length);
                seen += view.SequenceLengths[sequence];
            }
            start += length;
        }
    });

    [Theory]
    [MemberData(nameof(Reducers))]
    public void Retention_of_one_leaves_every_row_as_it_is(string id) => ForAnyFrames((frames, _) => Unless_refused(frames, () =>
    {
        foreach (GeneratedFrames.Stop stop in frames.Run(Make(id, 1)).Stops)
        {
            Assert.Equal(Enumerable.Range(0, stop.View.Count), stop.Step.Plan.Places);
            Assert.Equal(Enumerable.Range(0, stop.View.Count), stop.Step.Plan.Sources);
            Assert.All(stop.Step.Plan.Weights, weight => Assert.Equal(1f, weight));
        }
    }));

    [Theory]
    [MemberData(nameof(Reducers))]
    public void Same_frames_give_the_same_plans_and_finite_states(string id) =>
        ForAnyFrames((frames, retention) => Unless_refused(frames, () =>
        {
            GeneratedFrames.Outcome first = frames.Run(Make(id, retention)), again = frames.Run(Make(id, retention));
            Assert.Equal(first.Stops.Select(stop => stop.Step.Plan.Sources), again.Stops.Select(stop => stop.Step.Plan.Sources));
            Assert.Equal(first.Stops.Select(stop => stop.Step.Plan.Weights), again.Stops.Select(stop => stop.Step.Plan.Weights));
            Assert.Equal(first.Hidden, again.Hidden);
            Assert.All(first.Hidden, value => Assert.True(float.IsFinite(value), $"a state is {value}"));
        }));

    [Theory]
    [MemberData(nameof(Reducers))]
    public void Patches_left_behind_the_last_block_are_what_the_card_promises(string id) => ForAnyFrames((frames, retention) =>
    {
        IEncoderReducer method = Make(id, retention);
        // A method that goes on behind the encoder keeps its promise only there.
        if (frames.HasGaps || EncoderMethods.PlacesOf(id, method) != MethodPlaces.InsideEncoder)
            return;
        int left = frames.Run(method).Left;
        double wanted = retention * frames.Grid.Count;
        Assert.InRange(left, 1, frames.Grid.Count);
        switch (Catalog.Find(id).Card.Budget)
        {
            case BudgetPromise.Exact:
                Assert.Equal(Math.Max(1, (int)Math.Floor(wanted)), left);
                break;
            case BudgetPromise.Rounded:
                Assert.True(Math.Abs(left - wanted) < 1, $"{left} patches are left; {wanted} were wanted");
                break;
            case BudgetPromise.PerFrame:
                Assert.InRange(left, wanted - frames.Grid.Frames, wanted + frames.Grid.Frames);
                break;
            case BudgetPromise.AtMost:
                Assert.InRange(left, 1, wanted + 1.5 * frames.Grid.Frames);
                break;
        }
    });

    [Theory]
    [MemberData(nameof(Reducers))]
    public void Half_of_the_patches_is_fewer_than_all(string id)
    {
        // Noise has no two patches alike, scenes repeat: one of them every method finds something to take from.
        GeneratedFrames frames = new() { Grid = new TokenGrid(8, 6, 5), Layers = 12, Heads = 2, Kind = VideoKind.Noise, Seed = 11 };

        int left = frames.Run(Make(id, 0.5)).Left, ofScenes = (frames with { Kind = VideoKind.Scenes }).Run(Make(id, 0.5)).Left;

        Assert.InRange(Math.Min(left, ofScenes), 1, frames.Grid.Count - 1);
    }

    [Theory]
    [MemberData(nameof(Reducers))]
    public void Not_a_number_is_refused_or_goes_no_further(string id)
    {
        foreach (int seed in Enumerable.Range(0, 10))
        {
            GeneratedFrames frames =
                new() { Grid = new TokenGrid(4, 3, 4), Layers = 4, Heads = 2, Kind = VideoKind.Noise, Seed = seed, IsBroken = true };
            try
            {
                foreach (GeneratedFrames.Stop stop in frames.Run(Make(id, 0.5)).Stops)
                    Assert.All(stop.Step.Plan.Weights.Concat(stop.Step.Plan.Sizes),
                        value => Assert.True(float.IsFinite(value), $"a weight or size is {value}"));
            }
            catch (ArgumentException refusal)
            {
                Assert.False(string.IsNullOrWhiteSpace(refusal.Message));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Reducers))]
    public void Retention_outside_its_range_is_refused_by_name(string id)
    {
        foreach (double retention in new[] { 0, -0.5, 1.5, double.NaN })
            Assert.Contains("retention", Assert.Throws<ArgumentException>(() => Make(id, retention)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cards_of_methods_at_the_encoder_are_complete() => Assert.All(
        Catalog.All.Where(entry => (entry.Card.Places & (MethodPlaces.BeforeEncoder | MethodPlaces.InsideEncoder)) != 0), entry =>
        {
            Assert.All([entry.Card.Name, entry.Card.Paper, entry.Card.ChooseWhen, entry.Card.BudgetRule, entry.Card.ArXiv],
                text => Assert.False(string.IsNullOrWhiteSpace(text)));
            Assert.True(entry.Create([]) is IPatchReducer or IEncoderReducer or IEncoderCacher,
                $"{entry.Card.Id} says that it acts at the encoder and does not");
            Assert.All(entry.Parameters, parameter => Assert.False(string.IsNullOrWhiteSpace(parameter.Meaning)));
        });

    private static IEnumerable<int> Sources(ReductionPlan plan, int row) =>
        plan.Sources.Skip(plan.Offsets[row]).Take(plan.Offsets[row + 1] - plan.Offsets[row]);

    private static void AtEveryStop(string id, Action<GeneratedFrames, GeneratedFrames.Stop> check) =>
        ForAnyFrames((frames, retention) => Unless_refused(frames, () =>
        {
            foreach (GeneratedFrames.Stop stop in frames.Run(Make(id, retention)).Stops)
                check(frames, stop);
        }));

    // A method that needs whole frames may say so where a method before the encoder has taken patches away.
    private static void Unless_refused(GeneratedFrames frames, Action check)
    {
        try
        {
            check();
        }
        catch (WinnowException refusal) when (frames.HasGaps)
        {
            Assert.False(string.IsNullOrWhiteSpace(refusal.Message));
        }
    }

    private static void ForAnyFrames(Action<GeneratedFrames, double> check) =>
        Prop.ForAll(GeneratedFrames.WithRetention(), sample => check(sample.Frames, sample.Retention))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay(Seed, Gamma));

    private static IEncoderReducer Make(string id, double retention) =>
        (IEncoderReducer)EncoderMethods.Make(id, MethodPlaces.InsideEncoder, retention);
}
