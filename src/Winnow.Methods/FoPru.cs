using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>FoPru: in every frame the tokens, or the whole rows of tokens, that the vision tower attends to most.</summary>
/// <remarks>"FoPru: Focal Pruning for Efficient Large Vision-Language Models", arXiv 2411.14164. No official code is published.</remarks>
public sealed class FoPru(FoPru.Options options) : ITokenReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "fopru",
        Name = "FoPru",
        Paper = "FoPru: Focal Pruning for Efficient Large Vision-Language Models, 2024",
        ArXiv = "2411.14164",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Attention,
        ChooseWhen = "attention of the vision tower is at hand; strategy row where text or rows of things are read",
        BudgetRule = "floor(retention * tokens of a frame), at least one; with strategy row floor(retention * rows) whole rows",
        Budget = BudgetPromise.PerFrame,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "No official code is published, and of the paper only abstract, opening and digests were read.",
            "Recalled, not seen: attention averaged over heads and added over queries.",
            "Chosen by this project: roundings, at least one token or row, ties to the lower place, every frame by itself.",
        ],
    };

    /// <summary>What is kept as a whole.</summary>
    public enum Unit
    {
        /// <summary>Single tokens.</summary>
        Rank,

        /// <summary>Rows of the grid, for connected regions.</summary>
        Row,
    }

    /// <summary>Whose attention counts.</summary>
    public enum Source
    {
        /// <summary>That of all places.</summary>
        Received,

        /// <summary>That of the class token where the tower has one.</summary>
        Class,
    }

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [Significance];

    private SignalNeed Significance => options.Attention == Source.Received
        ? SignalNeed.Of(new SignalRequest(Signal.ReceivedAttention))
        : SignalNeed.Of(new SignalRequest(Signal.ClassAttention), new SignalRequest(Signal.ReceivedAttention));

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        double[] scores = AttentionScores.OfPlaces(input.Require(Significance), input.Grid.Count);
        int columns = options.Strategy == Unit.Row ? input.Grid.Columns : 1, units = input.Grid.TokensPerFrame / columns;
        double[] sums = new double[scores.Length / columns];
        for (int unit = 0; unit < sums.Length; unit++)
            sums[unit] = TensorPrimitives.Sum<double>(scores.AsSpan(unit * columns, columns));
        int[] chosen = TopK.LargestOfFrames(sums, units, Math.Max(1, Budgets.Round(options.Retention * units, Rounding.Floor)));
        int[] kept = [.. chosen.SelectMany(unit => Enumerable.Range(unit * columns, columns))];
        return ReductionPlan.Keep(kept, scores.Length, new PlanTrace { { "scores", scores } });
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>What is kept as a whole.</summary>
        [Parameter("single tokens by rank, or whole rows")]
        public Unit Strategy { get; init; }

        /// <summary>Whose attention counts.</summary>
        [Parameter("attention of all places, or of the class token")]
        public Source Attention { get; init; }
    }
}
