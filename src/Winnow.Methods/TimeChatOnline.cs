using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Methods;

/// <summary>
/// TimeChat-Online's differential token drop: a token that is too much like the one at its place a step earlier is dropped.
/// </summary>
/// <remarks>
/// "TimeChat-Online: 80% Visual Tokens are Naturally Redundant in Streaming Videos", ACM Multimedia 2025, arXiv 2504.17343;
/// yaolinli/TimeChat-Online at 25a1578,
/// eval/qwen2_5_vl/modeling_qwen2_5_vl_DTD.py. A step is always compared with the whole step before it, whatever was kept of that.
/// </remarks>
public sealed class TimeChatOnline(TimeChatOnline.Options options) : ITokenReducer
{
    // Recorded as the score of tokens that have nothing to be compared with.
    private const double NoComparison = 2;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "timechat-online",
        Name = "TimeChat-Online (DTD)",
        Paper = "TimeChat-Online: 80% Visual Tokens are Naturally Redundant in Streaming Videos, ACM Multimedia 2025",
        ArXiv = "2504.17343",
        OfficialCode = "yaolinli/TimeChat-Online 25a15783a6fd83e3360b3326cee44029fcce0132",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Temporal,
        ChooseWhen = "streams and still cameras: keeps what changes, needs nothing but the step before",
        BudgetRule = "exactly floor(retention * tokens), the tokens least like their predecessors; with threshold, whatever passes it",
        Positions = PositionRule.Original,
        Deviations =
        [
            "Without a threshold the budget decides: the first step counts as unlike everything and the threshold falls where the"
                + " budget is met; the paper has only the threshold.",
            "Where the first step would take more than half of such a budget, only evenly spaced tokens of it are kept, half the"
                + " budget (of a single step: all of it).",
            "Steps are the grid's; the official code takes equal time positions for one step, which joins steps closer than half a second.",
            "Equal scores drop the lower place first, where the official order is undefined.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs { get; } =
        options.Level == Comparing.Pixels ? [SignalNeed.Of(new SignalRequest(Signal.Pixels))] : [];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        double[] scores = options.Level == Comparing.Pixels ? PixelDifferences(input.Require(Signal.Pixels), input.Grid) : Cosines(input);
        double[] likeness = options.Level == Comparing.Pixels ? Array.ConvertAll(scores, difference => -difference) : scores;
        int[] kept = options.Threshold is null ? Budgeted(likeness, input.Grid)
            : options.Relative ? DropShare(likeness, input.Grid, options.Threshold.Value)
            : Passing(likeness, input.Grid, options.Threshold.Value);
        return ReductionPlan.Keep(kept, input.Grid.Count, new PlanTrace { { "scores", scores } });
    }

    /// <summary>Step 4: cosine with the token at the same place of the step before.</summary>
    private static double[] Cosines(ReductionInput input)
    {
        double[] scores = new double[input.Grid.Count];
        scores.AsSpan(0, input.Grid.TokensPerFrame).Fill(NoComparison);
        TemporalSimilarity.WithPreviousFrame(input.Features, input.Grid.TokensPerFrame).CopyTo(scores, input.Grid.TokensPerFrame);
        return scores;
    }

    /// <summary>Step 5: mean absolute difference between the earliest picture of the step before and the latest of this one.</summary>
    private static double[] PixelDifferences(SignalValue pixels, TokenGrid grid)
    {
        if (pixels.Shape.Count != 4 || pixels.Shape[0] != grid.Frames || pixels.Shape[2] != grid.TokensPerFrame)
            throw new ArgumentException(
                $"Pixels of shape [{string.Join(", ", pixels.Shape)}] do not fit {grid.Frames} frames of {grid.TokensPerFrame} tokens.",
                nameof(pixels));
        int pictures = pixels.Shape[1];
        TokenMatrix blocks = pixels.AsMatrix();
        float[] difference = new float[blocks.Dimension];
        double[] scores = new double[grid.Count];
        scores.AsSpan(0, grid.TokensPerFrame).Fill(NoComparison);
        for (int token = grid.TokensPerFrame; token < scores.Length; token++)
        {
            (int frame, int place) = (grid.FrameOf(token), grid.PlaceOf(token));
            int earlier = (frame - 1) * pictures * grid.TokensPerFrame + place;
            int later = ((frame + 1) * pictures - 1) * grid.TokensPerFrame + place;
            TensorPrimitives.Subtract(blocks[earlier], blocks[later], difference);
            scores[token] = TensorPrimitives.SumOfMagnitudes<float>(difference) / blocks.Dimension;
        }
        return scores;
    }

    private int[] Passing(double[] likeness, TokenGrid grid, double threshold)
    {
        double limit = options.Level == Comparing.Pixels ? -threshold : threshold;
        return [.. Enumerable.Range(0, grid.Count).Where(token => token < grid.TokensPerFrame || likeness[token] <= limit)];
    }

    private static int[] DropShare(double[] likeness, TokenGrid grid, double share)
    {
        int dropped = Budgets.Round(grid.TokensPerFrame * share, Rounding.Truncate);
        bool[] drop = new bool[grid.Count];
        for (int first = grid.TokensPerFrame; first < grid.Count; first += grid.TokensPerFrame)
            foreach (int place in TopK.Largest(likeness.AsSpan(first, grid.TokensPerFrame), dropped, EmitBy.Place))
                drop[first + place] = true;
        return [.. Enumerable.Range(0, grid.Count).Where(token => !drop[token])];
    }

    private int[] Budgeted(double[] likeness, TokenGrid grid)
    {
        int budget = Budgets.Total(options.Retention, grid.Count);
        int ofFirst = Math.Min(grid.TokensPerFrame, grid.Frames == 1 ? budget : (budget + 1) / 2);
        ofFirst = Math.Max(ofFirst, budget - (grid.Count - grid.TokensPerFrame));
        int[] first = EvenSpacing.Middles(grid.TokensPerFrame, ofFirst);
        int[] rest = TopK.Smallest(likeness.AsSpan(grid.TokensPerFrame), budget - ofFirst, EmitBy.Place);
        return [.. first, .. rest.Select(token => grid.TokensPerFrame + token)];
    }

    /// <summary>What neighbouring steps are compared by.</summary>
    public enum Comparing
    {
        /// <summary>The tokens' vectors.</summary>
        Features,

        /// <summary>The pixels behind the tokens.</summary>
        Pixels,
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>What neighbouring steps are compared by.</summary>
        [Parameter("what neighbouring steps are compared by")]
        public Comparing Level { get; init; }

        /// <summary>
        /// Tokens of a higher cosine (features; official 0.5) or of a smaller mean absolute difference (pixels, 0 to 1) are dropped; if
        /// <see cref="Relative"/>, the
        /// share of every later step to drop. Null follows <see cref="ReducerOptions.Retention"/>.
        /// </summary>
        [Parameter("likeness from which a token is dropped; auto meets the retention", Minimum = -1, Maximum = 1)]
        public double? Threshold { get; init; }

        /// <summary>Whether <see cref="Threshold"/> is the share of a step to drop.</summary>
        [Parameter("whether the threshold is the share of a step to drop")]
        public bool Relative { get; init; }

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            if (Threshold < 0 && (Relative || Level == Comparing.Pixels))
                throw new ArgumentException(
                    $"threshold is {Threshold}; {(Relative ? "as a share to drop" : "as a difference of pixels")} it must be in [0, 1].");
        }
    }
}
