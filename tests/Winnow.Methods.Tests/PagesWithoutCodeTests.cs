using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests;

/// <summary>Methods without official code and recordings, compared with their pages written out in plain loops over generated videos.</summary>
public class PagesWithoutCodeTests
{
    private const int Width = 7;

    public static TheoryData<int, int, int, int, double> Videos => new() { { 1, 1, 1, 1, 1 }, { 2, 3, 4, 5, 0.3 }, { 3, 5, 3, 3, 0.6 }, { 4, 2, 6, 2, 0.15 }, { 5, 4, 2, 3, 1 } };

    [Theory]
    [MemberData(nameof(Videos))]
    public void FoPru_keeps_the_most_attended_tokens_or_rows(int seed, int frames, int rows, int columns, double retention)
    {
        var video = new Video(seed, new TokenGrid(frames, rows, columns));
        int[] tokens = [.. video.EachFrame(places => places.OrderByDescending(i => video.Attention[i]).Take(Math.Max(1, (int)(retention * places.Length))))];
        int[] inRows = [.. video.EachFrame(places => places.Chunk(columns).OrderByDescending(row => row.Sum(i => video.Attention[i])).Take(Math.Max(1, (int)(retention * rows))).SelectMany(row => row))];

        Assert.Equal(tokens.Order(), new FoPru(new FoPru.Options { Retention = retention }).Reduce(video.Input).Places);
        Assert.Equal(inRows.Order(), new FoPru(new FoPru.Options { Retention = retention, Strategy = FoPru.Unit.Row }).Reduce(video.Input).Places);
    }

    [Theory]
    [MemberData(nameof(Videos))]
    public void Star_keeps_the_tokens_that_receive_most(int seed, int frames, int rows, int columns, double retention)
    {
        var video = new Video(seed, new TokenGrid(frames, rows, columns));
        int[] expected = [.. video.EachFrame(places => places.OrderByDescending(i => video.Attention[i]).Take(Math.Max(1, (int)Math.Round(retention * places.Length))))];

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
        Assert.Equal(centre, new ToDre(new ToDre.Options { Retention = retention, Goal = ToDre.Objective.KCentre }).Reduce(video.Input).Trace.Find<int>("picks")!);
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
        Assert.Equal(taken.Concat(ranking.Except(taken).Take(count - taken.Count)).Order(), new GreedyPrune(options).Reduce(video.Input).Places);
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

        Assert.Equal(expected.Order(), new Catp(new Catp.Options { Retention = retention, Parts = MethodParts.BeforeModel }).Reduce(video.Input).Places);
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
            Question = [.. question[0].Zip(question[1], (a, b) => (a + b) / 2)];
            Input = new ReductionInput(new TokenMatrix(Features.SelectMany(vector => vector).ToArray(), Width), grid, new Dictionary<SignalRequest, SignalValue>
            {
                [new SignalRequest(Signal.ReceivedAttention)] = new(Attention, grid.Frames, grid.TokensPerFrame),
                [new SignalRequest(Signal.ProjectorSensitivity)] = new(Attention, grid.Frames, grid.TokensPerFrame),
                [new SignalRequest(Signal.ImageEmbeddings)] = new(Embeddings.SelectMany(vector => vector).ToArray(), grid.Frames, grid.TokensPerFrame, Width),
                [new SignalRequest(Signal.TextEmbeddings)] = new(question.SelectMany(vector => vector).ToArray(), 2, Width),
            });

            float[][] Vectors(int count) => [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, Width).Select(_ => (float)(random.NextDouble() * 2 - 1)).ToArray())];
        }

        public TokenGrid Grid { get; }

        public ReductionInput Input { get; }

        public float[][] Features { get; }

        public float[][] Embeddings { get; }

        public float[] Attention { get; }

        private float[] Question { get; }

        public IEnumerable<int> EachFrame(Func<int[], IEnumerable<int>> choose) => Enumerable.Range(0, Grid.Count).Chunk(Grid.TokensPerFrame).SelectMany(choose);

        public double Cosine(int a, int b) => Cosine(Features[a], Features[b]);

        public double Alignment(int token) => Cosine(Embeddings[token], Question);

        public static double Cosine(float[] a, float[] b) => Dot(a, b) / Math.Sqrt(Dot(a, a) * Dot(b, b));

        private static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
    }
}
