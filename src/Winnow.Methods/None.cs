using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>No reduction: every token goes on. The yardstick for accuracy and for cost.</summary>
public sealed class None : ITokenReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "none",
        Name = "none",
        Paper = "Baseline: keeps every token",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Baseline,
        ChooseWhen = "as the yardstick of accuracy and cost",
        BudgetRule = "every token; the retention is not looked at",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Original,
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input) => ReductionPlan.Keep([.. Enumerable.Range(0, input.Grid.Count)], input.Grid.Count);

    /// <summary>There is nothing to set.</summary>
    public sealed record Options : ReducerOptions;
}
