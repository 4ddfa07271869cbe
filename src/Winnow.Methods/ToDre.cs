using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>ToDRE, first stage: from the most attended token on, always the token that resembles the chosen ones least.</summary>
/// <remarks>
/// "ToDRE: Effective Visual Token Pruning via Token Diversity and Task Relevance", arXiv 2505.18757. No official code is published. Max-sum is the paper's second version,
/// k-centre its first.
/// </remarks>
public sealed class ToDre(ToDre.Options options) : ITokenReducer
{
    private static readonly SignalNeed Attention = SignalNeed.Of(new SignalRequest(Signal.ClassAttention), new SignalRequest(Signal.ReceivedAttention));

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "todre",
        Name = "ToDRE (after the encoder)",
        Paper = "ToDRE: Effective Visual Token Pruning via Token Diversity and Task Relevance, 2025",
        ArXiv = "2505.18757",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Diversity,
        ChooseWhen = "as divprune, with a start where the vision tower looks; compares all pairs of tokens, so for short videos",
        BudgetRule = "retention * tokens of the whole video, to the nearest whole number, halves to even, at least one",
        Budget = BudgetPromise.PerFrame,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "No official code is published; the paper was read through abstracts and reading notes.",
            "Chosen by this project: rounding, ties to the lower index, emission by place.",
            "Tokens of zeros resemble nothing and so look diverse; they are chosen only when all others are.",
            "Towers without a class token (SigLIP) start at the place that receives the most attention.",
        ],
    };

    /// <summary>Which token resembles the chosen ones least.</summary>
    public enum Objective
    {
        /// <summary>The smallest sum of similarities.</summary>
        MaxSum,

        /// <summary>The smallest of the largest similarities.</summary>
        KCentre,
    }

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [Attention];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        int tokens = input.Grid.Count;
        int budget = Math.Max(1, Budgets.Round(options.Retention * tokens, Rounding.HalfEven));
        double[] attention = AttentionScores.OfPlaces(input.Require(Attention), tokens);
        var table = new CosineTable(input.Features, input.Parallel);
        int[] zeros = [.. Enumerable.Range(0, tokens).Where(token => table.Product(token, token) == 0)];
        foreach (int token in zeros)
            attention[token] = double.NegativeInfinity;
        int pivot = TensorPrimitives.IndexOfMax<double>(attention);
        int[] picks = options.Goal == Objective.MaxSum
            ? GreedySelection.MaxSum(pivot, budget, tokens, (item, row) => Penalized(table.Similarities, item, row, zeros, tokens)).Order
            : GreedySelection.MaxMin([pivot], budget, tokens, (item, row) => Penalized(table.Distances, item, row, zeros, -tokens)).Order;
        return ReductionPlan.Keep([.. picks.Order()], tokens, new PlanTrace { { "picks", picks } });
    }

    private static void Penalized(PairValues values, int item, Span<double> row, int[] zeros, double value)
    {
        values(item, row);
        foreach (int token in zeros)
            row[token] = value;
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Which token resembles the chosen ones least.</summary>
        [Parameter("which token resembles the chosen ones least: by the sum of similarities, or by the largest")]
        public Objective Goal { get; init; } = Objective.MaxSum;
    }
}
