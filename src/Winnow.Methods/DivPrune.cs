using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>DivPrune: the tokens that are farthest from each other, over the whole video.</summary>
/// <remarks>
/// "DivPrune: Diversity-based Visual Token Pruning for Large Multimodal Models", CVPR 2025, arXiv 2503.02175, algorithm 1. Follows
/// vbdi/divprune, commit 799e2d9, LLaVA/llava/model/llava_arch.py. The paper's set with the largest smallest distance is hard to find; this
/// is its greedy form.
/// </remarks>
public sealed class DivPrune(DivPrune.Options options) : ITokenReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "divprune",
        Name = "DivPrune",
        Paper = "DivPrune: Diversity-based Visual Token Pruning for Large Multimodal Models, CVPR 2025",
        ArXiv = "2503.02175",
        OfficialCode = "vbdi/divprune 799e2d9",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Diversity,
        ChooseWhen = "a strong yardstick without attention or question; compares all pairs of tokens, so for short videos",
        BudgetRule = "retention * tokens of the whole video, to the nearest whole number, halves to even, at least one",
        Budget = BudgetPromise.PerFrame,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "A taken token is never taken again; the official code repeats token 0 when all others are copies (reproduce does too).",
            "A token of zeros has distance 1 to everything; the official code turns all scores into NaN.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        int tokens = input.Grid.Count;
        int budget = Math.Max(1, Budgets.Round(options.Retention * tokens, Rounding.HalfEven));
        using var table = new CosineTable(input.Features, input.Parallel);
        double[] nearest = table.NearestDistances();
        int first = TensorPrimitives.IndexOfMax<double>(nearest);
        GreedyPicks picks = GreedySelection.MaxMin([first], budget, tokens, table.Distances, repeats: options.Reproduce);
        picks.Scores[0] = nearest[first];
        int[] kept = [.. picks.Order.Order()];
        return ReductionPlan.Keep(kept, tokens, new PlanTrace
        {
            { "nearest_distances", nearest },
            { "picks", picks.Order },
            { "pick_scores", picks.Scores },
        });
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Takes tokens again where nothing else is any farther, as the official code does.</summary>
        [Parameter("as the official code: copies of token 0 where all tokens are alike")]
        public bool Reproduce { get; init; }
    }
}
