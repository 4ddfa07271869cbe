using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>MMG-Vid: the budget goes where it adds most, to segments and then to tokens.</summary>
/// <remarks>
/// "MMG-Vid: Maximizing Marginal Gains at Segment-level and Token-level for Efficient Video LLMs", AAAI 2026, arXiv 2508.21044. No official
/// code is published and the paper's formulas of the segment level could not be read: the marginal gain (rep, div), its greedy order and
/// the budgets from it are this project's reading; the token level reproduces a public re-implementation.
/// </remarks>
public sealed class MmgVid(MmgVid.Options options) : ITokenReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "mmg-vid",
        Name = "MMG-Vid",
        Paper = "MMG-Vid: Maximizing Marginal Gains at Segment-level and Token-level for Efficient Video LLMs, AAAI 2026",
        ArXiv = "2508.21044",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Temporal,
        ChooseWhen = "the default: videos with several scenes, no attention needed, exact budget",
        BudgetRule = "exactly floor(retention * tokens); segments by marginal gain, frames of a segment equally",
        Budget = BudgetPromise.Exact,
        Order = PlanOrder.Place,
        Positions = PositionRule.Original,
        Deviations =
        [
            "The paper's segment formulas could not be read: representativeness, diversity, their greedy order, the budget's strength "
                + "(0.25) and its floor (0.5) are this project's reading.",
            "Whether kept tokens keep their positions is not known; they do here, because the answers on eval/tinyworld suffer less.",
            "No random noise is added to densities against ties; ties go to the lower index.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int frames, int tokensPerFrame) = (input.Grid.Frames, input.Grid.TokensPerFrame);
        int budget = Budgets.Total(options.Retention, input.Grid.Count);
        RealMatrix frameMeans = FrameMeans.Of(input.Features, tokensPerFrame);
        double[] similarity = FrameMeans.AdjacentCosines(frameMeans);
        Segment[] segments = Segmentation.FromCuts(Segmentation.CutsBelow(similarity, options.SegmentThreshold), frames);
        (double[] gains, int[] order) = MarginalGains(FrameMeans.OfSegments(frameMeans, segments));
        int[] segmentBudgets = SegmentBudgets(gains, segments, tokensPerFrame, budget);
        int[] frameBudgets = [.. segments.SelectMany((segment, i) => Budgets.Equal(segmentBudgets[i], segment.Length))];
        double[] scores = new double[input.Grid.Count];
        var kept = new List<int>(budget);
        foreach (Segment segment in segments)
            KeepTokens(input, segment, frameBudgets, scores, kept);
        return ReductionPlan.Keep(kept.ToArray(), input.Grid.Count, new PlanTrace
        {
            { PlanTrace.SegmentStarts, Segmentation.Starts(segments) },
            { PlanTrace.FrameBudgets, frameBudgets },
            { "similarity", similarity },
            { "gains", gains },
            { "order", order },
            { "segment_budgets", segmentBudgets },
            { "scores", scores },
        });
    }

    /// <summary>Greedily: what each segment adds beyond the segments taken before it, and the order of taking.</summary>
    /// <param name="segmentMeans"><c>[segments, D]</c>.</param>
    private (double[] Gains, int[] Order) MarginalGains(RealMatrix segmentMeans)
    {
        // A tie within this goes to the earlier segment, so that the order does not hang on rounding.
        const double Tie = 1e-12;
        int count = segmentMeans.Rows;
        double[] taken = new double[segmentMeans.Columns], remaining = new double[segmentMeans.Columns],
            others = new double[segmentMeans.Columns];
        for (int i = 0; i < count; i++)
            TensorPrimitives.Add(remaining, segmentMeans[i], remaining);
        double[] gains = new double[count];
        var left = new List<int>(Enumerable.Range(0, count));
        var order = new List<int>(count);
        while (left.Count > 0)
        {
            int best = -1;
            foreach (int i in left)
            {
                TensorPrimitives.Subtract(remaining, segmentMeans[i], others);
                double representativeness = left.Count == 1 ? 0 : Similarity.Cosine(segmentMeans[i], others);
                double diversity = order.Count == 0 ? 1 : 1 - Similarity.Cosine(segmentMeans[i], taken);
                gains[i] = options.Representativeness * representativeness + (1 - options.Representativeness) * diversity;
                if (best < 0 || gains[i] > gains[best] + Tie)
                    best = i;
            }
            order.Add(best);
            left.Remove(best);
            TensorPrimitives.Add(taken, segmentMeans[best], taken);
            TensorPrimitives.Subtract(remaining, segmentMeans[best], remaining);
        }
        return (gains, [.. order]);
    }

    private int[] SegmentBudgets(double[] gains, Segment[] segments, int tokensPerFrame, int budget)
    {
        const double NoSpread = 1e-8;
        int[] capacities = [.. segments.Select(segment => segment.Length * tokensPerFrame)];
        double average = (double)budget / capacities.Sum();
        double mean = gains.Average();
        double deviation = Math.Sqrt(gains.Average(gain => (gain - mean) * (gain - mean)));
        double[] wanted = new double[gains.Length];
        for (int i = 0; i < wanted.Length; i++)
        {
            double standing = deviation <= NoSpread ? 0 : (gains[i] - mean) / deviation;
            wanted[i] = Math.Clamp(average * (1 + options.Strength * standing), average * options.FloorRatio, 1) * capacities[i];
        }
        return Budgets.LargestRemainder(Budgets.Capped(wanted, capacities, budget), capacities, budget);
    }

    private void KeepTokens(ReductionInput input, Segment segment, int[] frameBudgets, double[] scores, List<int> kept)
    {
        int tokensPerFrame = input.Grid.TokensPerFrame;
        var guide = new Guide(input.Features.Dimension);
        for (int t = segment.Start; t < segment.End; t++)
        {
            TokenMatrix tokens = input.Frame(t);
            RealMatrix distances = Similarity.ScaledDistances(tokens);
            int neighbours = Math.Max(1, Math.Min(Math.Min(options.Neighbours, frameBudgets[t]), tokensPerFrame - 1));
            DensityPeaks peaks = guide.IsEmpty ? DensityPeaks.Of(distances, neighbours)
                : DensityPeaks.Of(distances, guide.Uniqueness(tokens));
            peaks.Score.CopyTo(scores, t * tokensPerFrame);
            foreach (int token in peaks.Centres(frameBudgets[t], EmitBy.Place))
            {
                guide.Add(tokens[token]);
                kept.Add(t * tokensPerFrame + token);
            }
        }
    }

    /// <summary>The tokens kept so far in a segment, as their mean and mean square: all that the mean distance to them needs.</summary>
    private sealed class Guide(int dimension)
    {
        private readonly double[] _sum = new double[dimension];
        private readonly double[] _wide = new double[dimension];
        private double _squares;
        private int _count;

        public bool IsEmpty => _count == 0;

        public void Add(ReadOnlySpan<float> token)
        {
            TensorPrimitives.ConvertTruncating(token, _wide.AsSpan());
            TensorPrimitives.Add(_sum, _wide, _sum);
            _squares += TensorPrimitives.SumOfSquares<double>(_wide);
            _count++;
        }

        /// <summary>For each token <c>1 - exp(-mean over the guide of |y - g|^2 / D)</c>, where the mean is <c>|y|^2 - 2 y.mean(g) +
        /// mean(|g|^2)</c>.</summary>
        public double[] Uniqueness(TokenMatrix tokens)
        {
            double[] uniqueness = new double[tokens.Count];
            for (int n = 0; n < uniqueness.Length; n++)
            {
                TensorPrimitives.ConvertTruncating(tokens[n], _wide.AsSpan());
                double square = TensorPrimitives.SumOfSquares<double>(_wide) - 2 * TensorPrimitives.Dot<double>(_wide, _sum) / _count
                    + _squares / _count;
                uniqueness[n] = 1 - Math.Exp(-Math.Max(0, square) / dimension);
            }
            return uniqueness;
        }
    }

    /// <summary>Parameters; the defaults are the page's.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Neighbouring frames below this cosine start a new segment.</summary>
        [Parameter("neighbouring frames below this cosine start a new segment", Minimum = -1, Maximum = 1)]
        public double SegmentThreshold { get; init; } = 0.9;

        /// <summary>Weight of a segment's likeness to what is not covered yet, against its difference from what is (this project's
        /// reading).</summary>
        [Parameter("weight of representativeness against diversity", Symbol = "lambda", Minimum = 0, Maximum = 1)]
        public double Representativeness { get; init; } = 0.5;

        /// <summary>How far a segment's gain, in standard deviations, moves its retention from the average (this project's
        /// reading).</summary>
        [Parameter("how far the gain moves a segment's retention from the average", Symbol = "alpha", Minimum = 0)]
        public double Strength { get; init; } = 0.25;

        /// <summary>A segment's retention never falls below this share of the average (this project's reading).</summary>
        [Parameter("a segment never falls below this share of the average retention", Minimum = 0, Maximum = 1)]
        public double FloorRatio { get; init; } = 0.5;

        /// <summary>Nearest neighbours in the density of a segment's first frame.</summary>
        [Parameter("nearest neighbours in the density", Symbol = "k", Minimum = 1)]
        public int Neighbours { get; init; } = 7;
    }
}
