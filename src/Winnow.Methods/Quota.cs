using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Methods;

/// <summary>
/// QuoTA: tokens are shared out among frames by how well each answers the question, and every frame is brought to its share.
/// </summary>
/// <remarks>
/// "QuoTA: Query-oriented Token Assignment via CoT Query Decouple for Long Video Comprehension", AAAI 2026, arXiv 2503.08689;
/// MAC-AutoML/QuoTA at ec194d7,
/// core/llava_arch.py and core/merge.py. The frames' scores, a helper model's probability of "yes" for each, come in as a signal.
/// </remarks>
public sealed class Quota(Quota.Options options) : ITokenReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "quota",
        Name = "QuoTA",
        Paper = "QuoTA: Query-oriented Token Assignment via CoT Query Decouple for Long Video Comprehension, AAAI 2026",
        ArXiv = "2503.08689",
        OfficialCode = "MAC-AutoML/QuoTA ec194d7cf4f8333daf1d00fa608ded65e829472e",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Query,
        ChooseWhen = "few frames answer the question and scores of frames are at hand",
        BudgetRule = "at most floor(retention * tokens) in proportion to the frames' weights, truncated per frame; grids fall a"
            + " little short of their share",
        Budget = BudgetPromise.AtMost,
        Order = PlanOrder.Frame,
        Positions = PositionRule.Compact,
        ExtraCost = "in the engine one short answer to text alone and one prompt of N visual rows and the question for each frame: in all"
            + " more rows than the dense prompt has, so it saves cache and later turns, not the first token",
        Deviations =
        [
            "In the engine the loaded model itself judges the frames; officially a smaller helper does (Qwen2-VL-2B),"
                + " with a wording of its own.",
            "No frame gets more tokens than it has, whatever the resizing; officially bilinear resizing is not capped and enlarges"
                + " frames (reproduce).",
            "Scores that are all zero weigh equally; the official code divides 0 by 0.",
            "Where every share is cut to 0, the best frame gets one token; officially nothing is left.",
            "Sampled places are computed in whole numbers; the official float32 steps are one lower at a few places, which depend on"
                + " the processor.",
            "The tokens of a frame are those after the model's pooling; officially they are taken before it.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [SignalNeed.Of(new SignalRequest(Signal.FrameScores))];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        TokenGrid grid = input.Grid;
        int budget = options.TokenBudget ?? Budgets.Total(options.Retention, grid.Count);
        double[] weights = Weights(input.Require(Signal.FrameScores), grid.Frames);
        double sum = weights.Sum();
        double[] normalised = Array.ConvertAll(weights, weight => sum > 0 ? weight / sum : 1.0 / weights.Length);
        bool uncapped = options.Reproduce && options.Resizing == FrameResizing.Bilinear;
        double[] capped = uncapped ? normalised : Capped(normalised, (double)grid.TokensPerFrame / budget);
        int[] shares = Shares(capped, budget);

        var plan = new ReductionPlanBuilder(grid.Count);
        int[] frames = [.. Enumerable.Range(0, grid.Frames).Where(frame => shares[frame] > 0)];
        (int Rows, int Columns)[] sizes = [.. frames.Select(frame => Resize(plan, input, frame, shares[frame]))];
        return plan.Build(new PlanTrace
        {
            { PlanTrace.FrameBudgets, shares },
            { "weights", weights },
            { "normalised_weights", normalised },
            { "capped_weights", capped },
            { "frames", frames },
            { "heights", Array.ConvertAll(sizes, size => size.Rows) },
            { "widths", Array.ConvertAll(sizes, size => size.Columns) },
        });
    }

    /// <summary>Step 4: the sharpened scores.</summary>
    private double[] Weights(SignalValue scores, int frames)
    {
        if (scores.Values.Length != frames)
            throw new ArgumentException($"There are {scores.Values.Length} frame scores for {frames} frames.", nameof(scores));
        double[] weights = new double[frames];
        for (int frame = 0; frame < frames; frame++)
        {
            double score = scores.Values.Span[frame];
            if (score < 0)
                throw new ArgumentException($"The score of frame {frame} is {score}; scores must be in [0, 1].", nameof(scores));
            weights[frame] = Math.Pow(100 * score, options.Power);
        }
        return weights;
    }

    /// <summary>
    /// Step 5: what exceeds the cap is handed on, once, to the frames below it; each takes in proportion to its weight, and what it
    /// cannot take is left to later ones.
    /// </summary>
    private static double[] Capped(double[] weights, double cap)
    {
        double[] capped = Array.ConvertAll(weights, weight => Math.Min(weight, cap));
        double excess = 0;
        for (int frame = 0; frame < weights.Length; frame++)
            excess += weights[frame] - capped[frame];
        if (excess <= 0)
            return capped;
        double sum = capped.Sum();
        for (int frame = 0; frame < capped.Length; frame++)
        {
            if (capped[frame] >= cap)
                continue;
            double raised = capped[frame] + capped[frame] / sum * excess;
            capped[frame] = Math.Min(raised, cap);
            excess += Math.Max(0, raised - cap);
        }
        return capped;
    }

    private static int[] Shares(double[] weights, int budget)
    {
        int[] shares = Array.ConvertAll(weights, weight => Budgets.Round(budget * weight, Rounding.Truncate));
        if (shares.All(share => share == 0))
            shares[TopK.Largest(weights, 1, EmitBy.Score)[0]] = 1;
        return shares;
    }

    /// <summary>Step 7: brings a frame to its share.</summary>
    private (int Rows, int Columns) Resize(ReductionPlanBuilder plan, ReductionInput input, int frame, int share)
    {
        TokenGrid grid = input.Grid;
        (int rows, int columns) = GridOf(share);
        switch (options.Resizing)
        {
            case FrameResizing.Bilinear:
                GridResampling.Bilinear(plan, grid, frame, rows, columns);
                return (rows, columns);
            case FrameResizing.Pooling:
                GridResampling.Average(plan, grid, frame, rows, columns);
                return (rows, columns);
            case FrameResizing.AxisMatching:
                MatchAxes(plan, input, frame, rows, columns);
                return (rows, columns);
            case FrameResizing.Sampling:
                foreach (int place in EvenSpacing.Truncated(grid.TokensPerFrame - 1, share))
                    plan.Keep(frame * grid.TokensPerFrame + place);
                return (1, share);
            default:
                IReadOnlyList<MatchedTokens.Token> merged =
                    MatchedTokens.Of(input.Frame(frame), frame * grid.TokensPerFrame).MergeTo(share).Tokens;
                foreach (MatchedTokens.Token token in merged)
                    token.EmitTo(plan);
                return (1, merged.Count);
        }
    }

    /// <summary>The nearly square grid of at most n tokens: at most one side is one longer than the root.</summary>
    private static (int Rows, int Columns) GridOf(int tokens)
    {
        int side = (int)Math.Sqrt(tokens);
        return (side + 1) * side <= tokens ? (side + 1, side) : (side, side);
    }

    /// <summary>Along every row first, then along every column of what is left.</summary>
    private static void MatchAxes(ReductionPlanBuilder plan, ReductionInput input, int frame, int rows, int columns)
    {
        TokenGrid grid = input.Grid;
        MatchedTokens tokens = MatchedTokens.Of(input.Frame(frame), frame * grid.TokensPerFrame);
        int wide = Math.Min(columns, grid.Columns), high = Math.Min(rows, grid.Rows);
        var narrowed = MatchedTokens.Concatenate([.. Enumerable.Range(0, grid.Rows)
            .Select(row => tokens.Select(Enumerable.Range(row * grid.Columns, grid.Columns)).MergeTo(wide))]);
        MatchedTokens[] merged = [.. Enumerable.Range(0, wide)
            .Select(column => narrowed.Select(Enumerable.Range(0, grid.Rows).Select(row => row * wide + column)).MergeTo(high))];
        for (int row = 0; row < high; row++)
            foreach (MatchedTokens column in merged)
                column.Tokens[row].EmitTo(plan);
    }

    /// <summary>How a frame is brought to its share; v1 to v5 of the official code.</summary>
    public enum FrameResizing
    {
        /// <summary>v1: a smaller grid by interpolation.</summary>
        Bilinear,

        /// <summary>v2: a smaller grid by averaging cells.</summary>
        Pooling,

        /// <summary>v3: tokens at equal steps.</summary>
        Sampling,

        /// <summary>v4: similar tokens merged, wherever they lie.</summary>
        Matching,

        /// <summary>v5: similar tokens merged within rows, then within columns.</summary>
        AxisMatching,
    }

    /// <summary>Parameters; the defaults are the official ones.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Tokens to share out (64 * 196 officially); null follows <see cref="ReducerOptions.Retention"/>.</summary>
        [Parameter("tokens to share out; auto follows the retention", Minimum = 1)]
        public int? TokenBudget { get; init; }

        /// <summary>How a frame is brought to its share.</summary>
        [Parameter("how a frame is brought to its share")]
        public FrameResizing Resizing { get; init; }

        /// <summary>A frame's weight is its score to this power; the official multiplier of 100 cancels out.</summary>
        [Parameter("a frame's weight is its score to this power", Minimum = 0)]
        public double Power { get; init; } = 2;

        /// <summary>Leaves bilinear resizing without a cap, as the official code does.</summary>
        [Parameter("no cap for bilinear resizing, as in the official code")]
        public bool Reproduce { get; init; }
    }
}
