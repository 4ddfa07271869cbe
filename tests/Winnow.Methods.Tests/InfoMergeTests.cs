using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests;

/// <summary>There is no official code: the method is compared with the page written out in plain loops.</summary>
public class InfoMergeTests
{
    // Means of means in float32.
    private const double Tolerance = 1e-4;

    [Theory]
    [InlineData(1, 1, 0.5, 8)]
    [InlineData(2, 9, 0.3, 3)]
    [InlineData(3, 13, 0.6, 2)]
    [InlineData(4, 12, 0.1, 1)]
    [InlineData(5, 36, 0.05, 4)]
    [InlineData(6, 30, 0.03, 2)]
    public void Plan_agrees_with_the_page_in_plain_loops(int seed, int frames, double retention, int minSegments)
    {
        var grid = new TokenGrid(frames, 3, 4);
        var options = new InfoMerge.Options
        {
            Retention = retention,
            MinSegments = minSegments,
            StaticShare = 0.3,
            SegmentThreshold = 0.2,
            Penalty = 2
        };
        (double[][] tokens, double[] saliency) = Video(seed, grid, 6);
        var input = new ReductionInput(new TokenMatrix(tokens.SelectMany(token => token.Select(value => (float)value)).ToArray(), 6), grid,
            new Dictionary<SignalRequest, SignalValue>
            {
                [new SignalRequest(Signal.PoolingAttention)] = new(saliency.Select(value => (float)value).ToArray(), frames, 12)
            });

        ReductionPlan plan = new InfoMerge(options).Reduce(input);

        SortedDictionary<int, double[]> expected = new Naive(tokens, saliency, frames, 12, options).Run();
        Assert.Equal(expected.Keys, plan.Places);
        float[] actual = new float[plan.Count * 6];
        plan.Apply(input.Features, actual);
        Assert.All(expected.Values.SelectMany(vector => vector).Zip(actual), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
    }

    // Scenes of four frames; a third of the places moves.
    private static (double[][] Tokens, double[] Saliency) Video(int seed, TokenGrid grid, int dimension)
    {
        var random = new Random(seed);
        double[][] tokens = new double[grid.Count][];
        for (int i = 0; i < tokens.Length; i++)
        {
            (int frame, int place) = (i / grid.TokensPerFrame, i % grid.TokensPerFrame);
            double[] vector = [.. Enumerable.Range(0, dimension).Select(_ => random.NextDouble() * 2 - 1)];
            tokens[i] = frame % 4 == 0
                ? vector
                : [.. vector.Select((value, d) =>
                    (double)(float)(tokens[i - grid.TokensPerFrame][d] + (place % 3 == 0 ? 0.8 : 0.1) * value))];
        }
        return ([.. tokens.Select(token => token.Select(value => (double)(float)value).ToArray())],
            [.. tokens.Select(_ => (double)(float)random.NextDouble())]);
    }

    private sealed class Naive(double[][] original, double[] saliency, int frames, int perFrame, InfoMerge.Options options)
    {
        private readonly double[][] _tokens = [.. original.Select(token => token.ToArray())];
        private readonly SortedDictionary<int, double[]> _kept = [];

        public SortedDictionary<int, double[]> Run()
        {
            double[][] means = [.. Enumerable.Range(0, frames).Select(t => Mean(original[(t * perFrame)..((t + 1) * perFrame)]))];
            double[] similarity = [.. Enumerable.Range(0, frames - 1).Select(t => Cosine(means[t], means[t + 1]))];
            HashSet<int> cuts =
                [.. Enumerable.Range(0, frames - 1).OrderBy(t => similarity[t]).Take(Math.Min(options.MinSegments, frames) - 1)];
            cuts.UnionWith(Enumerable.Range(0, frames - 1).Where(t => similarity[t] < options.SegmentThreshold));
            int[] ends = [.. cuts.Order(), frames - 1];
            (int Start, int End)[] segments = [.. ends.Select((end, k) => (k == 0 ? 0 : ends[k - 1] + 1, end + 1))];
            int[] budgets = AnchorBudgets(segments);
            for (int k = 0; k < segments.Length; k++)
                Segment(segments[k].Start, segments[k].End, budgets[k]);
            return _kept;
        }

        private int[] AnchorBudgets((int Start, int End)[] segments)
        {
            double[] video = Mean(original);
            double[] unique = Z([.. segments.Select(s => 1 - Cosine(Mean(original[(s.Start * perFrame)..(s.End * perFrame)]), video))]);
            double[] rich = Z([.. segments.Select(s => Entropy(original[(s.Start * perFrame)..(s.End * perFrame)]))]);
            double[] weights = [.. segments.Select((s, k) =>
                (s.End - s.Start) / (1 + Math.Exp(-options.Sharpness * (options.Uniqueness * unique[k] + options.Richness * rich[k]))))];
            double total = options.ContextShare * options.Retention * frames * perFrame;
            return [.. weights.Select(weight => Math.Max(1, (int)Math.Round(total * weight / weights.Sum(), MidpointRounding.ToEven)))];
        }

        private void Segment(int start, int end, int budget)
        {
            int length = end - start;
            int[] still = length == 1 ? [] : [.. Enumerable.Range(0, perFrame)
                .OrderBy(p => Enumerable.Range(start, length - 1).Sum(l => Enumerable.Range(start, length).Sum(m =>
                    Math.Abs(Cosine(original[(l + 1) * perFrame + p], original[m * perFrame + p])
                        - Cosine(original[l * perFrame + p], original[m * perFrame + p])))))
                .Take((int)Math.Floor(options.StaticShare * perFrame))];
            var salient = new HashSet<int>();
            var memory = new HashSet<int>();
            int count = (int)Math.Floor((1 - options.ContextShare) * options.Retention * perFrame);
            for (int t = start; t < end; t++)
            {
                double[] scores = saliency[(t * perFrame)..((t + 1) * perFrame)];
                double deviation = Math.Sqrt(scores.Average(score => Math.Pow(score - scores.Average(), 2)));
                int[] chosen = [.. Enumerable.Range(0, perFrame)
                    .OrderByDescending(p => scores[p] - (memory.Contains(p) ? options.Penalty * deviation : 0)).Take(count)];
                foreach (int p in chosen)
                {
                    salient.Add(t * perFrame + p);
                    if (still.Contains(p) && memory.Add(p))
                    {
                        double[] mean = Mean([.. Enumerable.Range(start, length).Select(l => original[l * perFrame + p])]);
                        for (int later = t; later < end; later++)
                            _tokens[later * perFrame + p] = mean;
                    }
                }
            }
            foreach (int token in salient)
                _kept.Add(token, _tokens[token]);
            Anchors(start, end, budget, still, salient);
        }

        private void Anchors(int start, int end, int budget, int[] still, HashSet<int> salient)
        {
            int step = options.AnchorStep, holders = (end - start + step - 1) / step;
            var memory = new HashSet<int>();
            for (int i = holders - 1; i >= 0; i--)
            {
                int t = end - 1 - i * step, share = budget / holders + (i < budget % holders ? 1 : 0);
                if (share == 0)
                    continue;
                int[] others = [.. Enumerable.Range(t * perFrame, perFrame).Where(token => !salient.Contains(token))];
                double[] scores = DensityScores([.. others.Select(token => _tokens[token])]);
                int[] anchors = [.. Enumerable.Range(0, others.Length)
                    .OrderByDescending(n => memory.Contains(others[n] % perFrame) ? double.NegativeInfinity : scores[n])
                    .Take(share).Select(n => others[n])];
                memory.UnionWith(anchors.Select(anchor => anchor % perFrame).Where(still.Contains));
                ILookup<int, int> joined = Enumerable.Range(start * perFrame, (end - start) * perFrame)
                    .Where(token => !salient.Contains(token) && !anchors.Contains(token))
                    .ToLookup(token => anchors.Order().MaxBy(anchor => Cosine(_tokens[token], _tokens[anchor])));
                foreach (int anchor in anchors)
                    _kept.Add(anchor, joined[anchor].Any()
                        ? [.. Mean([.. joined[anchor].Select(token => _tokens[token])])
                            .Select((value, d) => options.CentreWeight * _tokens[anchor][d] + (1 - options.CentreWeight) * value)]
                        : _tokens[anchor]);
            }
        }

        private static double[] DensityScores(double[][] points)
        {
            double Distance(int a, int b) => Math.Sqrt(points[a].Zip(points[b], (x, y) => (x - y) * (x - y)).Sum() / points[a].Length);
            int[] all = [.. Enumerable.Range(0, points.Length)];
            double[] density = [.. all.Select(a => Math.Exp(-all.Select(b => Math.Pow(Distance(a, b), 2)).Order().Take(4).Average()))];
            return [.. all.Select(a => density[a] * all.Where(b => density[b] > density[a]).Select(b => Distance(a, b))
                .DefaultIfEmpty(all.Max(x => all.Max(y => Distance(x, y)))).Min())];
        }

        // Shares of the squared singular values, by rotating pairs of columns until all are orthogonal.
        private static double Entropy(double[][] rows)
        {
            int dimension = rows[0].Length;
            double[][] columns = [.. Enumerable.Range(0, dimension).Select(d => rows.Select(row => row[d]).ToArray())];
            for (int sweep = 0; sweep < 60; sweep++)
                for (int p = 0; p < dimension; p++)
                    for (int q = p + 1; q < dimension; q++)
                    {
                        double pp = Dot(columns[p], columns[p]), qq = Dot(columns[q], columns[q]), pq = Dot(columns[p], columns[q]);
                        (double sine, double cosine) = Math.SinCos(0.5 * Math.Atan2(2 * pq, qq - pp));
                        for (int i = 0; i < rows.Length; i++)
                            (columns[p][i], columns[q][i]) =
                                (cosine * columns[p][i] - sine * columns[q][i], sine * columns[p][i] + cosine * columns[q][i]);
                    }
            double[] squares = [.. columns.Select(column => Dot(column, column))];
            return -squares.Where(value => value > 1e-14).Sum(value => value / squares.Sum() * Math.Log(value / squares.Sum()))
                / Math.Log(Math.Min(rows.Length, dimension));
        }

        private static double[] Z(double[] values)
        {
            double deviation = Math.Sqrt(values.Average(value => Math.Pow(value - values.Average(), 2)));
            return [.. values.Select(value => deviation < 1e-12 ? 0 : (value - values.Average()) / deviation)];
        }

        private static double[] Mean(double[][] vectors) =>
            [.. Enumerable.Range(0, vectors[0].Length).Select(d => vectors.Average(vector => vector[d]))];

        private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

        private static double Cosine(double[] a, double[] b) => Dot(a, b) / Math.Sqrt(Dot(a, a) * Dot(b, b));
    }
}
