using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>EVS: the first frame, and what differs most from the same place one frame earlier.</summary>
/// <remarks>
/// "Efficient Video Sampling: Pruning Temporally Redundant Tokens for Faster VLM Inference", arXiv 2510.14624. Follows vllm-project/vllm,
/// commit 926c71f, vllm/multimodal/evs.py. The positions that its callers give the kept tokens belong to the model, not to the method.
/// </remarks>
public sealed class Evs(Evs.Options options) : ITokenReducer
{
    // Above any cosine distance, which is at most 2: the first frame always stays whole.
    private const double FirstFrame = 255;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "evs",
        Name = "EVS",
        Paper = "Efficient Video Sampling: Pruning Temporally Redundant Tokens for Faster VLM Inference, 2025",
        ArXiv = "2510.14624",
        OfficialCode = "vllm-project/vllm 926c71f",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Temporal,
        ChooseWhen = "a still camera, and the least cost: one pass over the tokens",
        BudgetRule = "floor(retention * tokens), but never less than the whole first frame",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Original,
        Deviations = ["The paper is said to compare pixels; this follows the published code, which compares encoder outputs."],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int tokens, int perFrame) = (input.Grid.Count, input.Grid.TokensPerFrame);
        double[] dissimilarity = Array.ConvertAll(TemporalSimilarity.WithPreviousFrame(input.Features, perFrame), cosine => 1 - cosine);
        double[] scores = [.. Enumerable.Repeat(FirstFrame, perFrame), .. dissimilarity];
        int[] kept = TopK.Largest(scores, Math.Max(perFrame, Budget(tokens)), EmitBy.Place);
        return ReductionPlan.Keep(kept, tokens, new PlanTrace { { "dissimilarity", dissimilarity } });
    }

    // With a rate given, the product is taken as the official code does: 490 * (1 - 0.8) is 97.99999999999999 and keeps 97.
    private int Budget(int tokens) => options.PruningRate is double rate
        ? Budgets.Round(tokens * (1 - rate), Rounding.Truncate)
        : Budgets.Round(options.Retention * tokens, Rounding.Floor);

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Share to drop; null: what the retention leaves.</summary>
        [Parameter("share of the tokens to drop, in place of the retention",
            Symbol = "q", Minimum = 0, Maximum = 1, MaximumIsExcluded = true)]
        public double? PruningRate { get; init; }
    }
}
