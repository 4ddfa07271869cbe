using FsCheck;
using FsCheck.Fluent;
using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests;

/// <summary>What every method after the encoder promises, whatever its paper: run over the whole catalog with generated videos.</summary>
public class ReducerContract
{
    // The same videos in every run: a failure here is a finding about the code, not about the day.
    private const ulong Seed = 20260, Gamma = 2821;

    // Weights are float32 and a few hundred may be added.
    private const double WeightTolerance = 1e-4;

    public static TheoryData<string> Reducers =>
        [.. Catalog.All.Where(entry => entry.Card.Places.HasFlag(MethodPlaces.AfterEncoder)).Select(entry => entry.Card.Id)];

    [Theory]
    [MemberData(nameof(Reducers))]
    public void Budget_is_met_as_the_card_promises(string id) => ForAnyVideo(id, (card, plan, video, retention) =>
    {
        double wanted = retention * video.Grid.Count;
        Assert.True(plan.Count >= 1, "no token is left");
        switch (card.Budget)
        {
            case BudgetPromise.Exact:
                Assert.Equal(Math.Max(1, (int)Math.Floor(wanted)), plan.Count);
                break;
            case BudgetPromise.PerFrame:
                Assert.InRange(plan.Count, wanted - video.Grid.Frames, wanted + video.Grid.Frames);
                break;
            case BudgetPromise.AtMost:
                Assert.InRange(plan.Count, 1, wanted + 1.5 * video.Grid.Frames);
                break;
        }
    });

    [Theory]
    [MemberData(nameof(Reducers))]
    public void Indices_lie_in_the_source_and_places_in_the_stated_order(string id) => ForAnyVideo(id, (card, plan, video, _) =>
    {
        Assert.Equal(video.Grid.Count, plan.SourceCount);
        Assert.Equal(plan.Count + 1, plan.Offsets.Count);
        Assert.Equal((0, plan.Sources.Count), (plan.Offsets[0], plan.Offsets[^1]));
        Assert.All(plan.Sources, source => Assert.InRange(source, 0, video.Grid.Count - 1));
        Assert.All(plan.Places, place => Assert.InRange(place, 0, video.Grid.Count - 1));
        Assert.Equal(plan.Sources.Count, plan.Weights.Count);
        for (int k = 0; k < plan.Count; k++)
        {
            Assert.True(plan.Offsets[k] < plan.Offsets[k + 1], $"token {k} has no source");
            Assert.True(plan.Sizes[k] > 0, $"token {k} stands for {plan.Sizes[k]} tokens");
            if (k > 0 && card.Order == PlanOrder.Place)
                Assert.True(plan.Places[k] > plan.Places[k - 1], $"place {plan.Places[k]} follows {plan.Places[k - 1]}");
            if (k > 0 && card.Order == PlanOrder.Frame)
                Assert.True(video.Grid.FrameOf(plan.Places[k]) >= video.Grid.FrameOf(plan.Places[k - 1]),
                    $"place {plan.Places[k]} follows {plan.Places[k - 1]}");
        }
    });

    [Theory]
    [MemberData(nameof(Reducers))]
    public void Weights_are_shares_where_the_method_averages(string id) => ForAnyVideo(id, (card, plan, _, _) =>
    {
        for (int k = 0; k < plan.Count; k++)
        {
            float[] weights = [.. plan.Weights.Skip(plan.Offsets[k]).Take(plan.Offsets[k + 1] - plan.Offsets[k])];
            Assert.All(weights, weight => Assert.True(float.IsFinite(weight), $"token {k} has a weight of {weight}"));
            if (!card.Averages)
                continue;
            Assert.All(weights, weight => Assert.True(weight >= 0, $"token {k} has a weight of {weight}"));
            Assert.InRange(weights.Sum(weight => (double)weight), 1 - WeightTolerance, 1 + WeightTolerance);
        }
    });

    [Theory]
    [MemberData(nameof(Reducers))]
    public void Same_input_gives_the_same_plan_and_finite_tokens(string id) => ForAnyVideo(id, (_, plan, video, retention) =>
    {
        ITokenReducer reducer = Make(id, retention);
        ReductionInput input = video.Input(reducer.Needs);
        ReductionPlan again = reducer.Reduce(input);
        Assert.Equal(plan.Places, again.Places);
        Assert.Equal(plan.Sources, again.Sources);
        Assert.Equal(plan.Weights, again.Weights);
        float[] tokens = new float[plan.Count * video.Dimension];
        plan.Apply(input.Features, tokens);
        Assert.All(tokens, value => Assert.True(float.IsFinite(value), $"a token holds {value}"));
    });

    [Theory]
    [MemberData(nameof(Reducers))]
    public void One_token_is_kept(string id)
    {
        var video = new GeneratedVideo(new TokenGrid(1, 1, 1), 4, VideoKind.Noise, 5);

        ReductionPlan plan = Reduce(id, video, 1);

        Assert.Equal([0], plan.Places);
    }

    [Theory]
    [MemberData(nameof(Reducers))]
    public void Retention_of_one_keeps_as_many_tokens_as_the_promise_allows(string id)
    {
        var video = new GeneratedVideo(new TokenGrid(9, 4, 5), 8, VideoKind.Noise, 6);

        ReductionPlan plan = Reduce(id, video, 1);

        Assert.InRange(plan.Count, Catalog.Find(id).Card.Budget is BudgetPromise.Exact or BudgetPromise.PerFrame ? video.Grid.Count
            : 1, video.Grid.Count);
    }

    [Theory]
    [MemberData(nameof(Reducers))]
    public void Not_a_number_is_refused(string id)
    {
        var video = new GeneratedVideo(new TokenGrid(4, 3, 3), 4, VideoKind.Noise, 7);
        ITokenReducer reducer = Make(id, 0.5);

        Assert.Throws<ArgumentException>(() => reducer.Reduce(video.Broken(reducer.Needs)));
    }

    [Theory]
    [MemberData(nameof(Reducers))]
    public void Retention_outside_its_range_is_refused_by_name(string id)
    {
        foreach (double retention in new[] { 0, -0.5, 1.5, double.NaN })
            Assert.Contains("retention", Assert.Throws<ArgumentException>(() => Make(id, retention)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Reducers))]
    public void Card_is_complete(string id)
    {
        MethodCard card = Catalog.Find(id).Card;

        Assert.All([card.Name, card.Paper, card.ChooseWhen, card.BudgetRule], text => Assert.False(string.IsNullOrWhiteSpace(text)));
        Assert.True(card.Family == MethodFamily.Baseline || card.ArXiv is not null, "a paper's method names its arXiv number");
        Assert.All(Catalog.Find(id).Parameters, parameter => Assert.False(string.IsNullOrWhiteSpace(parameter.Meaning)));
    }

    private static void ForAnyVideo(string id, Action<MethodCard, ReductionPlan, GeneratedVideo, double> check) =>
        Prop.ForAll(GeneratedVideo.WithRetention(), sample =>
            check(Catalog.Find(id).Card, Reduce(id, sample.Video, sample.Retention), sample.Video, sample.Retention))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay(Seed, Gamma));

    private static ReductionPlan Reduce(string id, GeneratedVideo video, double retention)
    {
        ITokenReducer reducer = Make(id, retention);
        return reducer.Reduce(video.Input(reducer.Needs));
    }

    // Of a method that also acts inside the language model, the part before it alone must keep the promise.
    private static ITokenReducer Make(string id, double retention) => (ITokenReducer)Catalog.Find(id).Create(
    [
        new("retention", retention.ToString("R", System.Globalization.CultureInfo.InvariantCulture)),
        .. Catalog.Find(id).Parameters.Where(parameter => parameter.Name == "parts" && parameter.Range.Contains("before-model"))
            .Select(parameter => KeyValuePair.Create(parameter.Name, "before-model")),
    ]);
}
