using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests;

/// <summary>
/// Parts inside the language model without official code and recordings, compared with their pages
/// written out in plain loops on one made-up sequence.
/// </summary>
public class PagesWithoutCodeInsideTests
{
    private const int Before = 3, After = 4, Heads = 2, Width = 6, Layer = 1, Frames = 3, PerFrame = 8,
        Visual = Frames * PerFrame, Count = Before + Visual + After;
    private static readonly float[] States = Noise(1, Count * Width);
    private static readonly float[] Attention = Probabilities();

    public static TheoryData<double> Retentions => [0.1, 0.4, 0.75];

    [Theory]
    [MemberData(nameof(Retentions))]
    public void Star_keeps_what_the_text_after_the_video_attends_to(double retention)
    {
        var method = new Star(new Star.Options { Retention = retention, Parts = MethodParts.InsideModel, InnerLayer = Layer });

        PrefillStep step = Stop(method, After);

        Assert.Equal(
            Best(
                row => Enumerable.Range(Count - After, After).Average(query => Mean(query, row)),
                Math.Max(1, (int)Math.Round(retention * Visual))),
            Kept(step));
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.0001)]
    public void ToDre_drops_the_video_only_where_both_shares_are_faint(double faint)
    {
        var method = new ToDre(new ToDre.Options { Retention = 0.5, FaintShare = faint, InnerLayer = Layer });
        PrefillView view = View(Count);
        double textToVideo = Enumerable.Range(Count - After, After)
            .Average(query => Enumerable.Range(Before, Visual).Sum(row => Mean(query, row)));
        double videoToText = Enumerable.Range(Before, Visual).Average(query => Enumerable.Range(0, Before).Sum(row => Mean(query, row)));

        PrefillStep? step = method.Begin(view.Context).Decide(view);

        // Sums of float32 probabilities.
        Assert.Equal(textToVideo, ToDre.TextToVideo(view), 5);
        Assert.Equal(videoToText, ToDre.VideoToText(view), 5);
        Assert.Equal(textToVideo < faint && videoToText < faint, step is not null);
        Assert.Empty(step is null ? [] : Kept(step));
    }

    [Theory]
    [MemberData(nameof(Retentions))]
    public void GreedyPrune_walks_down_the_likeness_to_the_last_row(double retention)
    {
        var method = new GreedyPrune(new GreedyPrune.Options { Retention = retention, Threshold = 0.5, InnerLayer = Layer });
        int wanted = Math.Max(1, (int)(retention * Visual));
        int[] ranking = [.. Enumerable.Range(Before, Visual).OrderByDescending(row => Cosine(row, Count - 1))];
        var taken = new List<int>();
        foreach (int row in ranking)
            if (taken.Count < wanted && taken.All(other => Cosine(other, row) <= 0.5))
                taken.Add(row);
        taken.AddRange(ranking.Except(taken).Take(wanted - taken.Count).ToArray());

        Assert.Equal(taken.Order(), Kept(Stop(method, 1)));
    }

    [Theory]
    [MemberData(nameof(Retentions))]
    public void Catp_keeps_what_is_most_like_the_mean_of_the_question(double retention)
    {
        var method = new Catp(new Catp.Options { Retention = retention, InnerLayer = Layer });
        double[] mean = [.. Enumerable.Range(0, Width)
            .Select(i => Enumerable.Range(Count - After, After).Average(row => (double)States[row * Width + i]))];

        PrefillStep step = Stop(method, 1);

        Assert.Equal(Best(row => Cosine(State(row), mean), Math.Max(1, (int)(retention * Visual))), Kept(step));
    }

    [Theory]
    [MemberData(nameof(Retentions))]
    public void Ptp_without_the_tower_keeps_in_every_frame_what_any_word_attends_to(double retention)
    {
        var method = new Ptp(new Ptp.Options { Retention = retention, Parts = MethodParts.InsideModel, Layer = Layer });
        int total = Math.Max(1, (int)(retention * Visual));
        double Asked(int row) => Enumerable.Range(Count - After, After).Max(query => Mean(query, row));
        IEnumerable<int> expected = Enumerable.Range(0, Frames).SelectMany(frame => Enumerable.Range(Before + frame * PerFrame, PerFrame)
            .OrderByDescending(Asked).Take(total / Frames + (frame < total % Frames ? 1 : 0)));

        Assert.Equal(expected.Order(), Kept(Stop(method, After)));
    }

    [Fact]
    public void Ptp_gives_frames_that_the_tower_looks_at_more_of_the_budget()
    {
        var method = new Ptp(new Ptp.Options { Retention = 0.5, Alpha = 0 });

        int[] kept = method.Choose([1, 2, 3, 4, 30, 20, 10, 40], new double[8], [0, 0, 0, 0, 1, 1, 1, 1]);

        // Saliencies 2.5 and 25 of a budget of 4: 0 and 3 rounded down, at least 1 each.
        Assert.Equal([3, 4, 5, 7], kept);
    }

    [Fact]
    public void LvlmCsp_shows_few_then_all_then_the_most_attended_rows()
    {
        var method = new LvlmCsp(new LvlmCsp.Options { Retention = 0.25, Layers = [2, 4], CoarseTokens = 5 });
        PrefillView view = View(1);
        IPrefillRun run = method.Begin(view.Context);

        PrefillStep first = run.Decide(view with { Point = new PrefillPoint(0) })!;
        PrefillStep back = run.Decide(view with { Point = new PrefillPoint(2) })!;
        PrefillStep last = run.Decide(view with { Point = new PrefillPoint(4) })!;

        // Steps of floor(24 / 5) = 4.
        Assert.Equal([Before, Before + 4, Before + 8, Before + 12, Before + 16], Kept(first));
        Assert.Equal(Enumerable.Range(Before, Visual).Except(Kept(first)), first.Parked);
        Assert.True(back.ReturnsParked);
        Assert.Equal(Best(row => Mean(Count - 1, row), 6), Kept(last));
        Assert.Null(run.NeedsAt(new PrefillPoint(3)));
    }

    [Fact]
    public void Btp_picks_no_token_twice_and_removes_the_video_late()
    {
        var method = new Btp(new Btp.Options { Retention = 0.25, Layers = [1, 2, 3], RemovalLayer = 5 });
        PrefillView view = View(1);
        IPrefillRun run = method.Begin(view.Context);

        for (int stage = 0; stage < 3; stage++)
        {
            Btp.Choice choice = method.Choose(stage, view, 10);
            Assert.Equal(choice.Kept.Distinct().Order(), choice.Kept);
            Assert.Equal(10, choice.Kept.Length);
        }

        Assert.Empty(Kept(run.Decide(view with { Point = new PrefillPoint(5) })!));
    }

    private static PrefillStep Stop(IPrefillReducer method, int queries)
    {
        PrefillView view = View(queries);
        IPrefillRun run = method.Begin(view.Context);
        Assert.NotNull(run.NeedsAt(view.Point));
        return run.Decide(view)!;
    }

    private static int[] Kept(PrefillStep step) => [.. step.Plan.Places.Where(row => row is >= Before and < Before + Visual)];

    private static IEnumerable<int> Best(Func<int, double> score, int count) =>
        Enumerable.Range(Before, Visual).OrderByDescending(score).Take(count).Order();

    private static double Mean(int query, int row) =>
        Enumerable.Range(0, Heads).Average(head => (double)Attention[(head * Count + query) * Count + row]);

    private static double[] State(int row) => [.. States.Skip(row * Width).Take(Width).Select(value => (double)value)];

    private static double Cosine(int a, int b) => Cosine(State(a), State(b));

    private static double Cosine(double[] a, double[] b) =>
        a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(y => y * y));

    private static float[] Noise(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => 2 * random.NextSingle() - 1)];
    }

    private static float[] Probabilities()
    {
        float[] values = [.. Noise(2, Heads * Count * Count).Select(value => MathF.Exp(3 * value))];
        for (int row = 0; row < Heads * Count; row++)
        {
            Span<float> weights = values.AsSpan(row * Count, Count);
            weights[(row % Count + 1)..].Clear();
            float sum = System.Numerics.Tensors.TensorPrimitives.Sum<float>(weights);
            System.Numerics.Tensors.TensorPrimitives.Divide(weights, sum, weights);
        }
        return values;
    }

    private static PrefillView View(int queries)
    {
        float[] rows = new float[Heads * queries * Count];
        for (int head = 0; head < Heads; head++)
            Attention.AsSpan((head * Count + Count - queries) * Count, queries * Count).CopyTo(rows.AsSpan(head * queries * Count));
        var states = new TokenMatrix(States, Width);
        return new PrefillView
        {
            Context = new PrefillContext
            {
                Layers = 8,
                Heads = Heads,
                KeyValueHeads = Heads,
                HeadWidth = Width / Heads,
                RopeBase = 10000,
                VisualStart = Before,
                VisualCount = Visual,
                Grid = new TokenGrid(Frames, 2, PerFrame / 2),
                Places = [.. Enumerable.Range(0, Visual)],
                Embeddings = states,
                FinalNorm = Enumerable.Repeat(1f, Width).ToArray(),
                NormEpsilon = 1e-6,
            },
            Point = new PrefillPoint(Layer),
            Hidden = states,
            Origins = [.. Enumerable.Range(0, Count)],
            Positions = [.. Enumerable.Range(0, Count)],
            VisualStart = Before,
            VisualCount = Visual,
            Attention = AttentionView.Of(rows, Heads, queries),
        };
    }
}
