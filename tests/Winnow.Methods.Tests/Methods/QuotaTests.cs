using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Tests.Primitives;
using Winnow.Video;

namespace Winnow.Tests.Methods;

public class QuotaTests
{
    // Means of means in float32.
    private const double Tolerance = 1e-5;

    [Fact]
    public void Frames_without_a_chance_vanish_and_the_others_share_by_squared_score()
    {
        ReductionPlan plan = Reduce(new Quota.Options { TokenBudget = 20 }, 0.2f, 0.4f, 0, 0.1f);

        // Squares 4 : 16 : 0 : 1 of 20 tokens, truncated.
        Assert.Equal([3, 15, 0, 0], plan.Trace.Find<int>(PlanTrace.FrameBudgets)!);
    }

    [Fact]
    public void Scores_of_zero_share_equally()
    {
        ReductionPlan plan = Reduce(new Quota.Options { TokenBudget = 32 }, 0, 0, 0, 0);

        Assert.Equal([8, 8, 8, 8], plan.Trace.Find<int>(PlanTrace.FrameBudgets)!);
    }

    [Fact]
    public void A_single_good_frame_takes_no_more_than_it_has_unless_reproducing()
    {
        Assert.Equal(20, Reduce(new Quota.Options { TokenBudget = 60 }, 1, 0, 0, 0).Trace.Find<int>(PlanTrace.FrameBudgets)![0]);
        Assert.Equal(60,
            Reduce(new Quota.Options { TokenBudget = 60, Reproduce = true }, 1, 0, 0, 0).Trace.Find<int>(PlanTrace.FrameBudgets)![0]);
    }

    [Fact]
    public void A_budget_too_small_for_any_share_goes_to_the_best_frame()
    {
        ReductionPlan plan = Reduce(new Quota.Options { TokenBudget = 1 }, 0.5f, 0.6f, 0.5f, 0.5f);

        Assert.Equal(1, plan.Count);
        Assert.Equal(1, plan.Places[0] / 20);
    }

    /// <summary>The page's v5 on vectors alone, with plain loops.</summary>
    [Fact]
    public void Axis_matching_agrees_with_a_plain_reading_of_the_page()
    {
        var grid = new TokenGrid(1, 5, 4);
        TokenMatrix features = Samples.Vectors(8, grid.Count, 6);
        var method = new Quota(new Quota.Options { TokenBudget = 7, Resizing = Quota.FrameResizing.AxisMatching });

        float[] reduced = method.Reduce(Input(features, grid, 1)).Apply(features);

        // 7 tokens are 3 rows of 2.
        var narrowed = new List<double[]>();
        for (int row = 0; row < 5; row++)
            narrowed.AddRange(MergePlainly([.. Enumerable.Range(row * 4, 4).Select(i => Wide(features[i]))], 2));
        double[][][] columns = [.. Enumerable.Range(0, 2)
            .Select(column => MergePlainly([.. Enumerable.Range(0, 5).Select(row => narrowed[row * 2 + column])], 3))];
        double[] expected = [.. Enumerable.Range(0, 3).SelectMany(row => columns.SelectMany(column => column[row]))];
        Assert.Equal(expected.Length, reduced.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], reduced[i], Tolerance);
    }

    private static double[][] MergePlainly(double[][] tokens, int count)
    {
        while (tokens.Length > count)
        {
            int r = Math.Min(tokens.Length - count, tokens.Length / 2);
            var proposals = new List<(int Source, int Partner, double Score)>();
            for (int a = 0; a < tokens.Length; a += 2)
            {
                (int best, double score) = (-1, double.NegativeInfinity);
                for (int b = 1; b < tokens.Length; b += 2)
                    if (Cosine(tokens[a], tokens[b]) > score)
                        (best, score) = (b, Cosine(tokens[a], tokens[b]));
                proposals.Add((a, best, score));
            }
            proposals = [.. proposals.OrderByDescending(proposal => proposal.Score)];
            var next = proposals.Skip(r).Select(proposal => tokens[proposal.Source]).ToList();
            for (int b = 1; b < tokens.Length; b += 2)
            {
                double[][] group =
                    [tokens[b], .. proposals.Take(r).Where(proposal => proposal.Partner == b).Select(proposal => tokens[proposal.Source])];
                next.Add([.. Enumerable.Range(0, tokens[0].Length).Select(d => group.Average(token => token[d]))]);
            }
            tokens = [.. next];
        }
        return tokens;
    }

    private static double Cosine(double[] a, double[] b) =>
        a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(y => y * y));

    private static double[] Wide(ReadOnlySpan<float> vector) => Array.ConvertAll(vector.ToArray(), value => (double)value);

    private static ReductionPlan Reduce(Quota.Options options, params float[] scores)
    {
        var grid = new TokenGrid(scores.Length, 5, 4);
        return new Quota(options).Reduce(Input(Samples.Vectors(3, grid.Count, 6), grid, scores));
    }

    private static ReductionInput Input(TokenMatrix features, TokenGrid grid, params float[] scores) =>
        new(features, grid,
            new Dictionary<SignalRequest, SignalValue> { [new SignalRequest(Signal.FrameScores)] = new(scores, scores.Length) });
}
