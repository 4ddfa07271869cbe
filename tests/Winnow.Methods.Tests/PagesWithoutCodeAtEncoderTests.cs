using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests;

/// <summary>
/// Methods inside the vision encoder without official code and recordings, compared at every
/// stage with their pages written out in plain loops.
/// </summary>
public class PagesWithoutCodeAtEncoderTests
{
    // Weights are float32; similarities and attention come out of sums in other orders.
    private const double Tolerance = 1e-4;

    public static TheoryData<int, bool, int, double> Frames
    {
        get
        {
            var data = new TheoryData<int, bool, int, double>();
            foreach (int seed in new[] { 1, 2, 3, 4 })
                foreach (int classTokens in new[] { 0, 1 })
                    foreach (double retention in new[] { 0.1, 0.35, 0.6, 0.95 })
                        data.Add(seed, false, classTokens, retention);
            data.Add(5, true, 0, 0.4);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Frames))]
    public void Bat_joins_pairs_of_attentive_tokens_and_clusters_the_others(int seed, bool blank, int classTokens, double retention)
    {
        foreach (Bat.Options options in new Bat.Options[]
        {
            new() { Retention = retention },
            new() { Retention = retention, Keep = 0.7, Neighbours = 2 },
            new() { Retention = retention, Groups = 1, Pairs = 0 },
            new() { Retention = retention, Groups = 3, Pairs = 4 },
        })
            ForEachStage(new Bat(options), seed, blank, classTokens, (stop, stage, first) =>
                Compare(NaiveBat(stop.View, options, Left(stop.View, options.Keep, retention, stage, first)), stop));
    }

    [Theory]
    [MemberData(nameof(Frames))]
    public void Token_transforming_spreads_every_token_over_the_rows(int seed, bool blank, int classTokens, double retention)
    {
        foreach (TokenTransforming.Options options in new TokenTransforming.Options[]
        {
            new() { Retention = retention },
            new() { Retention = retention, Keep = 0.7, Compared = TokenTransforming.Feature.Tokens },
            new() { Retention = retention, Top = 2, Proportional = false },
            new() { Retention = retention, Temperature = 0, Ranking = TokenTransforming.Importance.Distinctness },
            new() { Retention = retention, FramesTogether = 3 },
        })
            ForEachStage(new TokenTransforming(options), seed, blank, classTokens, (stop, stage, first) =>
                Compare(NaiveTransforming(stop.View, options, Left(stop.View, options.Keep, retention, stage, first)), stop));
    }

    [Fact]
    public void Token_transforming_does_not_depend_on_the_order_of_the_tokens_that_go()
    {
        float[] features = Noise(1, 8 * 3);
        int[] rows = [0, 3], shuffled = [0, 7, 1, 3, 2, 6, 4, 5];
        var tokens = new TokenMatrix(features, 3);

        double[] shares = TokenTransforming.Spread(tokens, rows, 0.1, null).Values,
            again = TokenTransforming.Spread(tokens.Gather(shuffled), rows, 0.1, null).Values;

        for (int token = 0; token < 8; token++)
            for (int row = 0; row < 2; row++)
                Assert.Equal(shares[shuffled[token] * 2 + row], again[token * 2 + row], 1e-12);
    }

    [Fact]
    public void Stages_that_the_encoder_does_not_have_are_refused()
    {
        var context = new EncoderContext { Layers = 4, Heads = 1, Grid = new TokenGrid(1, 2, 2) };

        Assert.Contains("7", Assert.Throws<ArgumentException>(() => new Bat(new Bat.Options { Blocks = [2, 7] }).Begin(context)).Message);
    }

    private static Dictionary<int, List<(int Token, double Weight)>> NaiveBat(EncoderView view, Bat.Options options, int m)
    {
        int classTokens = view.Context.ClassTokens;
        int[] tokens = [.. Enumerable.Range(classTokens, view.Count - classTokens).OrderBy(row => view.Places[row])];
        double[] c = Received(view);
        int n = tokens.Length, g = Math.Min(options.Groups ?? Math.Max(1, m / 4), m), q = Math.Min(options.Pairs ?? m / 8, m - g);
        while (n - (m - g) - q < g)
            if (g > 0)
                g--;
            else
                q = n - m;
        int[] attentive = [.. tokens.OrderByDescending(i => c[i]).Take(m - g + q).OrderBy(i => view.Places[i])];
        int[] others = [.. tokens.Except(attentive)];
        var output = new Dictionary<int, List<(int, double)>>();
        for (int i = 0; i < classTokens; i++)
            output[i] = [(i, 1)];

        var single = new List<int>(attentive);
        var joined = new List<int[]>();
        while (joined.Count < q)
        {
            (int A, int B) best = (-1, -1);
            double most = double.NegativeInfinity;
            foreach (int a in single)
                foreach (int b in single.Where(b => view.Places[b] > view.Places[a]))
                    if (Cosine(view.Hidden[a], view.Hidden[b]) > most)
                        (best, most) = ((a, b), Cosine(view.Hidden[a], view.Hidden[b]));
            single.Remove(best.A);
            single.Remove(best.B);
            joined.Add(c[best.B] > c[best.A] ? [best.B, best.A] : [best.A, best.B]);
        }
        foreach (int[] group in joined.Concat(single.Select(i => new[] { i })).OrderBy(group => view.Places[group[0]]))
            output[group[0]] = Weighted(group, c);

        foreach (int[] group in NaivePeaks(view.Hidden, others, g, options.Neighbours))
            output[group[0]] = Weighted(group, c);
        return output;
    }

    private static IEnumerable<int[]> NaivePeaks(TokenMatrix x, int[] tokens, int count, int neighbours)
    {
        int n = tokens.Length, k = Math.Min(neighbours, n - 1);
        double Distance(int i, int j) =>
            Math.Sqrt(Enumerable.Range(0, x.Dimension).Sum(d => Math.Pow(x[tokens[i]][d] - x[tokens[j]][d], 2)) / x.Dimension);
        int[] all = [.. Enumerable.Range(0, n)];
        double[] density = [.. all.Select(
            i => Math.Exp(-all.Where(j => j != i).Select(j => Math.Pow(Distance(i, j), 2)).Order().Take(k).DefaultIfEmpty(0).Average()))];
        double[] delta =
            [.. all.Select(i => all.Where(j => density[j] > density[i] || (density[j] == density[i] && j < i)).Select(j => Distance(i, j))
                .DefaultIfEmpty(all.Max(a => all.Max(b => Distance(a, b)))).Min())];
        int[] centres = [.. all.OrderByDescending(i => density[i] * delta[i]).Take(count).Order()];
        return centres.Select(
            centre => all.Where(i => i == centre || (!centres.Contains(i) && centres.MinBy(other => Distance(i, other)) == centre))
                .OrderByDescending(i => i == centre).Select(i => tokens[i]).ToArray());
    }

    private static List<(int, double)> Weighted(int[] group, double[] c)
    {
        double sum = group.Sum(i => c[i]);
        return [.. group.Select(i => (i, sum > 0 ? c[i] / sum : 1.0 / group.Length))];
    }

    private static Dictionary<int, List<(int Token, double Weight)>> NaiveTransforming(EncoderView view,
        TokenTransforming.Options options, int m)
    {
        int[] tokens = [.. Enumerable.Range(0, view.Count).Where(row => view.Places[row] >= 0)];
        double[][] f = [.. Enumerable.Range(0, view.Count).Select(Feature)];
        double[] received = options.Ranking == TokenTransforming.Importance.Attention ? Received(view) : [];
        double Rank(int i) =>
            received.Length > 0 ? received[i] : -tokens.Where(j => j != i).Select(j => Cosine(f[i], f[j])).DefaultIfEmpty(0).Average();
        int[] rows = [.. tokens.OrderByDescending(Rank).Take(m).Order()];
        double[][] share = [.. Enumerable.Range(0, view.Count).Select(_ => new double[m])];
        foreach (int j in tokens)
        {
            double[] s = [.. rows.Select(r => Cosine(f[r], f[j]))];
            int[] part = [.. Enumerable.Range(0, m).OrderByDescending(i => s[i]).Take(options.Temperature == 0 ? 1 : options.Top ?? m)];
            foreach (int i in part)
                share[j][i] = rows.Contains(j) ? (rows[i] == j ? 1 : 0) : options.Temperature == 0 ? 1
                    : Math.Exp(s[i] / options.Temperature) / part.Sum(other => Math.Exp(s[other] / options.Temperature));
            if (Array.IndexOf(rows, j) is var own and >= 0)
                share[j][own] = 1;
        }
        var output = new Dictionary<int, List<(int, double)>>();
        foreach (int row in Enumerable.Range(0, view.Count))
            if (view.Places[row] < 0)
                output[row] = [(row, 1)];
            else if (Array.IndexOf(rows, row) is var i and >= 0)
                output[row] = [.. tokens.Where(j => share[j][i] > 0)
                    .Select(j => (j, share[j][i] * view.Sizes[j] / tokens.Sum(other => share[other][i] * view.Sizes[other])))];
        return output;

        double[] Feature(int row)
        {
            if (options.Compared == TokenTransforming.Feature.Tokens)
                return [.. view.Hidden[row].ToArray().Select(value => (double)value)];
            int heads = view.Context.Heads, width = view.Hidden.Dimension / heads;
            float[] key = view.Keys!.Value[row].ToArray();
            return [.. Enumerable.Range(0, width).Select(d => Enumerable.Range(0, heads).Average(head => (double)key[head * width + d]))];
        }
    }

    // What class tokens pay to each row, or what rows of a sequence pay to each other.
    private static double[] Received(EncoderView view)
    {
        double[] received = new double[view.Count];
        for (int sequence = 0, start = 0; sequence < view.SequenceLengths.Count; start += view.SequenceLengths[sequence++])
        {
            int length = view.SequenceLengths[sequence], queries = view.Context.ClassTokens > 0 ? view.Context.ClassTokens : length;
            float[] all = length > 0 ? view.Attention![sequence].ReadAll() : [];
            for (int row = 0; row < length; row++)
                received[start + row] = Enumerable.Range(0, queries).Average(query =>
                    Enumerable.Range(0, view.Context.Heads).Average(head => (double)all[(head * length + query) * length + row]));
        }
        return received;
    }

    private static int Left(EncoderView view, double? keep, double retention, int stage, int first)
    {
        int n = view.Places.Count(place => place >= 0);
        return Math.Min(n, (int)Math.Ceiling((keep is { } share ? share * n : Math.Pow(retention, (stage + 1) / 3.0) * first) - 1e-9));
    }

    private static void ForEachStage(IEncoderReducer method, int seed, bool blank, int classTokens,
        Action<GeneratedFrames.Stop, int, int> check)
    {
        // Blocks 3, 6 and 9 of 12 are 2, 4 and 6 of 8.
        GeneratedFrames frames = new()
        {
            Grid = new TokenGrid(3, 3 + seed, 5),
            Layers = 8,
            Heads = 2,
            Kind = blank ? VideoKind.Zeros : VideoKind.Noise,
            ClassTokens = classTokens,
            Seed = seed
        };
        IReadOnlyList<GeneratedFrames.Stop> stops = frames.Run(method).Stops;
        Assert.NotEmpty(stops);
        foreach (GeneratedFrames.Stop stop in stops)
        {
            Assert.Equal(EncoderMoment.AfterAttention, stop.View.Point.Moment);
            check(stop, Array.IndexOf([2, 4, 6], stop.View.Point.Layer), stop.View.Context.Grid.Count);
        }
    }

    private static void Compare(Dictionary<int, List<(int Token, double Weight)>> expected, GeneratedFrames.Stop stop)
    {
        ReductionPlan plan = stop.Step.Plan;
        Assert.Equal(expected.Keys, plan.Places);
        int row = 0;
        foreach (List<(int Token, double Weight)> sources in expected.Values)
        {
            var actual = Enumerable.Range(plan.Offsets[row], plan.Offsets[row + 1] - plan.Offsets[row])
                .ToDictionary(entry => plan.Sources[entry], entry => plan.Weights[entry]);
            Assert.All(sources.Where(source => source.Weight > Tolerance), source => Assert.Contains(source.Token, actual.Keys));
            Assert.All(sources.Where(source => actual.ContainsKey(source.Token)),
                source => Assert.Equal(source.Weight, actual[source.Token], Tolerance));
            row++;
        }
        Assert.Equal(stop.View.Sizes.Sum(), plan.Sizes.Sum(), 0.01f);
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b) =>
        Cosine([.. a.ToArray().Select(value => (double)value)], [.. b.ToArray().Select(value => (double)value)]);

    private static double Cosine(double[] a, double[] b)
    {
        double norms = Math.Sqrt(a.Sum(value => value * value)) * Math.Sqrt(b.Sum(value => value * value));
        return norms > 0 ? a.Zip(b, (x, y) => x * y).Sum() / norms : 0;
    }

    private static float[] Noise(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => 2 * random.NextSingle() - 1)];
    }
}
