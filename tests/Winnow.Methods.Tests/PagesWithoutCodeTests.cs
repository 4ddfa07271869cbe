using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests;

/// <summary>
/// Methods without official code and recordings, compared with their pages written out in plain loops over generated videos.
/// </summary>
public class PagesWithoutCodeTests
{
    private const int Width = 7;

    public static TheoryData<int, int, int, int, double> Videos =>
        new() { { 1, 1, 1, 1, 1 }, { 2, 3, 4, 5, 0.3 }, { 3, 5, 3, 3, 0.6 }, { 4, 2, 6, 2, 0.15 }, { 5, 4, 2, 3, 1 } };

    [Theory]
    [MemberData(nameof(Videos))]
    public void FoPru_keeps_the_most_attended_tokens_or_rows(int seed, int frames, int rows, int columns, double retention)
    {
        var video = new Video(seed, new TokenGrid(frames, rows, columns));
        int[] tokens = [.. video.EachFrame(
            places => places.OrderByDescending(i => video.Attention[i]).Take(Math.Max(1, (int)(retention * places.Length))))];
        int[] inRows = [.. video.EachFrame(places => places.Chunk(columns).OrderByDescending(row => row.Sum(i => video.Attention[i]))
            .Take(Math.Max(1, (int)(retention * rows))).SelectMany(row => row))];

        Assert.Equal(tokens.Order(), new FoPru(new FoPru.Options { Retention = retention }).Reduce(video.Input).Places);
        Assert.Equal(inRows.Order(),
            new FoPru(new FoPru.Options { Retention = retention, Strategy = FoPru.Unit.Row }).Reduce(video.Input).Places);
    }

    [Theory]
    [MemberData(nameof(Videos))]
    public void Star_keeps_the_tokens_that_receive_most(int seed, int frames, int rows, int columns, double retention)
    {
        var video = new Video(seed, new TokenGrid(frames, rows, columns));
        int[] expected = [.. video.EachFrame(
            places => places.OrderByDescending(i => video.Attention[i]).Take(Math.Max(1, (int)Math.Round(retention * places.Length))))];

        Assert.Equal(expected.Order(), new Star(new Star.Options { Retention = retention }).Reduce(video.Input).Places);
    }

    [Theory]
    [MemberData(nameof(Videos))]
    public void ToDre_adds_what_resembles_the_chosen_least(int seed, int frames, int rows, int columns, double retention)
    {
        var video = new Video(seed, new TokenGrid(frames, rows, columns));
        int[] all = [.. Enumerable.Range(0, video.Grid.Count)];
        int count = Math.Max(1, (int)Math.Round(retention * all.Length));
        List<int> sum = [all.MaxBy(i => video.Attention[i])], centre = [sum[0]];
        while (sum.Count < count)
        {
            sum.Add(all.Except(sum).MinBy(i => sum.Sum(p => video.Cosine(p, i))));
            centre.Add(all.Except(centre).MaxBy(i => centre.Min(p => 1 - video.Cosine(p, i))));
        }

        Assert.Equal(sum, new ToDre(new ToDre.Options { Retention = retention }).Reduce(video.Input).Trace.Find<int>("picks")!);
        Assert.Equal(centre,
            new ToDre(new ToDre.Options { Retention = retention, Goal = ToDre.Objective.KCentre }).Reduce(video.Input)
                .Trace.Find<int>("picks")!);
    }

    [Theory]
    [MemberData(nameof(Videos))]
    public void GreedyPrune_walks_down_the_saliency_and_skips_what_is_said(int seed, int frames, int rows, int columns, double retention)
    {
        var video = new Video(seed, new TokenGrid(frames, rows, columns));
        int count = Math.Max(1, (int)(retention * video.Grid.Count));
        int[] ranking = [.. Enumerable.Range(0, video.Grid.Count).OrderByDescending(video.Alignment)];
        var taken = new List<int>();
        foreach (int i in ranking)
            if (taken.Count < count && taken.All(p => video.Cosine(p, i) <= 0.4))
                taken.Add(i);

        var options = new GreedyPrune.Options { Retention = retention, Threshold = 0.4 };
        Assert.Equal(taken.Order(), new GreedyPrune(options with { Fill = false }).Reduce(video.Input).Places);
        Assert.Equal(taken.Concat(ranking.Except(taken).Take(count - taken.Count)).Order(),
            new GreedyPrune(options).Reduce(video.Input).Places);
    }

    [Theory]
    [MemberData(nameof(Videos))]
    public void ZooPrune_weighs_distance_by_sensitivity(int seed, int frames, int rows, int columns, double retention)
    {
        var video = new Video(seed, new TokenGrid(frames, rows, columns));
        int[] expected = [.. video.EachFrame(places =>
        {
            double least = places.Min(i => video.Attention[i]), range = places.Max(i => video.Attention[i]) - least;
            double Weight(int i) => range > 0 ? (video.Attention[i] - least) / range : 1;
            List<int> picks = [places.MaxBy(Weight)];
            while (picks.Count < Math.Max(1, (int)Math.Round(retention * places.Length)))
            {
                int[] left = [.. places.Except(picks)];
                double Distance(int i) => Math.Max(0, 1 - picks.Max(p => video.Cosine(p, i)));
                picks.Add(left.Max(i => Weight(i) * Distance(i)) > 0 ? left.MaxBy(i => Weight(i) * Distance(i)) : left.MaxBy(Distance));
            }
            return picks;
        })];

        Assert.Equal(expected.Order(), new ZooPrune(new ZooPrune.Options { Retention = retention }).Reduce(video.Input).Places);
    }

    [Theory]
    [MemberData(nameof(Videos))]
    public void Catp_adds_what_covers_most_and_is_aligned(int seed, int frames, int rows, int columns, double retention)
    {
        var video = new Video(seed, new TokenGrid(frames, rows, columns));
        int[] expected = [.. video.EachFrame(places =>
        {
            double Likeness(int a, int b) => (1 + Video.Cosine(video.Embeddings[a], video.Embeddings[b])) / 2;
            var picks = new List<int>();
            while (picks.Count < Math.Max(1, (int)(retention * places.Length)))
                picks.Add(places.Except(picks).MaxBy(y => 0.7 * (1 + video.Alignment(y)) / 2
                    + places.Sum(x => Math.Max(0, Likeness(y, x) - picks.Select(p => Likeness(p, x)).DefaultIfEmpty(0).Max()))));
            return picks;
        })];

        Assert.Equal(expected.Order(),
            new Catp(new Catp.Options { Retention = retention, Parts = MethodParts.BeforeModel }).Reduce(video.Input).Places);
    }

    [Theory]
    [MemberData(nameof(Videos))]
    public void Vtm_merges_every_source_into_the_target_whose_key_is_nearest(int seed, int frames, int rows, int columns, double retention)
    {
        var video = new Video(seed, new TokenGrid(frames, rows, columns));
        int all = video.Grid.Count, budget = Math.Max(1, (int)(retention * all));
        var byShare = new Vtm.Options { Retention = retention, Draw = false };
        var byFactor = new Vtm.Options { Gamma = 3, Draw = false };
        int[] everyThird = [.. Enumerable.Range(1, all).Where(i => i % 3 == 0).Select(i => i - 1)];
        int[] spaced = [.. Enumerable.Range(0, budget).Select(j => (j + 1) * all / budget - 1)];
        int[] Moving(int count) => [.. Enumerable.Range(0, all).OrderByDescending(i => Motion(video, i)).Take(count).Order()];

        CheckVtm(video, byFactor with { Variant = Vtm.Targets.Naive }, everyThird.DefaultIfEmpty(all - 1));
        CheckVtm(video, byShare with { Variant = Vtm.Targets.Naive }, spaced);
        CheckVtm(video, byFactor, Moving(Math.Max(1, all / 3)));
        CheckVtm(video, byShare, Moving(budget));
        CheckVtm(video, byShare with { MergeAtMost = 2 }, Moving(budget));
        CheckVtm(video, byShare with { MergeAtMost = 0 }, Moving(budget));
    }

    [Theory]
    [InlineData(1, 2, 4, 4, 2)]
    [InlineData(2, 3, 5, 7, 3)]
    [InlineData(3, 2, 8, 4, 4)]
    [InlineData(4, 4, 3, 3, 1)]
    [InlineData(5, 1, 2, 9, 5)]
    public void Vtm_spaces_targets_over_the_middle_and_the_rest_of_each_frame(int seed, int frames, int rows, int columns, int gamma)
    {
        var video = new Video(seed, new TokenGrid(frames, rows, columns));
        int high = rows / 2, wide = columns / 2, top = (rows - high) / 2, left = (columns - wide) / 2,
            count = Math.Max(1, rows * columns / gamma);
        int[] middle = [.. Enumerable.Range(0, rows * columns)
            .Where(i => i / columns >= top && i / columns < top + high && i % columns >= left && i % columns < left + wide)];
        int[] rest = [.. Enumerable.Range(0, rows * columns).Except(middle)];

        foreach ((Vtm.Targets variant, int inside) in new[]
        {
            (Vtm.Targets.Center, count / 2), (Vtm.Targets.Boundary, 2 * middle.Length / (3 * gamma))
        })
        {
            int here = Math.Min(inside, middle.Length), there = Math.Min(count - here, rest.Length);
            here = count - there;
            int[] places = [.. Spaced(middle, here), .. Spaced(rest, there)];
            CheckVtm(video, new Vtm.Options { Variant = variant, Gamma = gamma },
                Enumerable.Range(0, frames).SelectMany(frame => places.Order().Select(place => frame * rows * columns + place)));
        }

        static IEnumerable<int> Spaced(int[] places, int count) =>
            Enumerable.Range(0, count).Select(j => places[(j + 1) * places.Length / count - 1]);
    }

    [Fact]
    public void Vtm_in_blocks_merges_within_each_and_weighs_by_motion_where_asked()
    {
        var video = new Video(6, new TokenGrid(5, 2, 3));
        var options = new Vtm.Options { Variant = Vtm.Targets.Naive, Gamma = 4, BlockFrames = 2, Average = Vtm.Weighting.Motion };

        ReductionPlan plan = new Vtm(options).Reduce(video.Input);

        // Blocks of 12, 12 and 6 tokens.
        Assert.Equal([3, 7, 11, 15, 19, 23, 27], plan.Places);
        for (int row = 0; row < plan.Count; row++)
        {
            int[] members = [.. plan.Sources.Skip(plan.Offsets[row]).Take(plan.Offsets[row + 1] - plan.Offsets[row])];
            Assert.Single(members.Select(member => member / 12).Distinct());
            for (int i = 0; i < members.Length; i++)
                // Weights are float32.
                Assert.Equal(Motion(video, members[i]) / members.Sum(member => Motion(video, member)),
                    plan.Weights[plan.Offsets[row] + i], 1e-6);
        }
    }

    [Fact]
    public void Vtm_draws_targets_with_probabilities_that_grow_with_the_exponential_of_their_motion()
    {
        var video = new Video(7, new TokenGrid(2, 1, 2));
        double mean = Enumerable.Range(0, 4).Average(i => Motion(video, i));
        double[] weights = [.. Enumerable.Range(0, 4).Select(i => Math.Exp(Motion(video, i) / mean))];
        int[] drawn = new int[4];
        for (int seed = 0; seed < 4000; seed++)
            drawn[new Vtm(new Vtm.Options { Gamma = 4, Seed = seed }).Reduce(video.Input).Places[0]]++;

        // Three standard deviations of a share of 4000 draws are 0.024 at most.
        for (int i = 0; i < 4; i++)
            Assert.InRange(drawn[i] / 4000.0, weights[i] / weights.Sum() - 0.03, weights[i] / weights.Sum() + 0.03);
    }

    private static double Motion(Video video, int token)
    {
        int perFrame = video.Grid.TokensPerFrame;
        if (video.Grid.Frames == 1)
            return 0;
        return token < perFrame
            ? Motion(video, token + perFrame)
            : video.Pixels[token].Zip(video.Pixels[token - perFrame], (a, b) => Math.Abs(a - b)).Average();
    }

    private static void CheckVtm(Video video, Vtm.Options options, IEnumerable<int> targets)
    {
        int[] centres = [.. targets];
        int[] sources = [.. Enumerable.Range(0, video.Grid.Count).Except(centres)];
        double Likeness(int a, int b) => Video.Cosine(video.Keys[a], video.Keys[b]);
        Dictionary<int, int> match = sources.ToDictionary(j => j, j => centres.MaxBy(i => Likeness(i, j)));
        HashSet<int> merged = [.. sources.OrderByDescending(j => Likeness(match[j], j)).Take(options.MergeAtMost ?? sources.Length)];

        ReductionPlan plan = new Vtm(options).Reduce(video.Input);

        Assert.Equal(centres.Concat(sources.Where(j => !merged.Contains(j))).Order(), plan.Places);
        for (int row = 0; row < plan.Count; row++)
        {
            int[] members = [.. plan.Sources.Skip(plan.Offsets[row]).Take(plan.Offsets[row + 1] - plan.Offsets[row])];
            Assert.Equal(merged.Where(j => match[j] == plan.Places[row]).Append(plan.Places[row]).Order(), members.Order());
            Assert.All(plan.Weights.Skip(plan.Offsets[row]).Take(members.Length), weight => Assert.Equal(1f / members.Length, weight));
        }
    }

    private sealed class Video
    {
        public Video(int seed, TokenGrid grid)
        {
            var random = new Random(seed);
            Grid = grid;
            (Features, Embeddings) = (Vectors(grid.Count), Vectors(grid.Count));
            Attention = [.. Enumerable.Range(0, grid.Count).Select(_ => (float)random.NextDouble())];
            float[][] question = Vectors(2);
            (Keys, Pixels) = (Vectors(grid.Count), Vectors(grid.Count));
            Question = [.. question[0].Zip(question[1], (a, b) => (a + b) / 2)];
            Input = new ReductionInput(
                new TokenMatrix(Features.SelectMany(vector => vector).ToArray(), Width), grid, new Dictionary<SignalRequest, SignalValue>
                {
                    [new SignalRequest(Signal.ReceivedAttention)] = new(Attention, grid.Frames, grid.TokensPerFrame),
                    [new SignalRequest(Signal.ProjectorSensitivity)] = new(Attention, grid.Frames, grid.TokensPerFrame),
                    [new SignalRequest(Signal.ImageEmbeddings)] = new(Embeddings.SelectMany(vector => vector).ToArray(),
                    grid.Frames, grid.TokensPerFrame, Width),
                    [new SignalRequest(Signal.EncoderKeys)] = new(Keys.SelectMany(vector => vector).ToArray(),
                    grid.Frames, grid.TokensPerFrame, Width),
                    [new SignalRequest(Signal.Pixels)] = new(Pixels.SelectMany(vector => vector).ToArray(),
                    grid.Frames, 1, grid.TokensPerFrame, Width),
                    [new SignalRequest(Signal.TextEmbeddings)] = new(question.SelectMany(vector => vector).ToArray(), 2, Width),
                });

            float[][] Vectors(int count) => [.. Enumerable.Range(0, count)
                .Select(_ => Enumerable.Range(0, Width).Select(_ => (float)(random.NextDouble() * 2 - 1)).ToArray())];
        }

        public TokenGrid Grid { get; }

        public ReductionInput Input { get; }

        public float[][] Features { get; }

        public float[][] Embeddings { get; }

        public float[][] Keys { get; }

        public float[][] Pixels { get; }

        public float[] Attention { get; }

        private float[] Question { get; }

        public IEnumerable<int> EachFrame(Func<int[], IEnumerable<int>> choose) =>
            Enumerable.Range(0, Grid.Count).Chunk(Grid.TokensPerFrame).SelectMany(choose);

        public double Cosine(int a, int b) => Cosine(Features[a], Features[b]);

        public double Alignment(int token) => Cosine(Embeddings[token], Question);

        public static double Cosine(float[] a, float[] b) => Dot(a, b) / Math.Sqrt(Dot(a, a) * Dot(b, b));

        private static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
    }
}
