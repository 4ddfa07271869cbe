using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>Evenly spaced tokens, whatever they show.</summary>
public sealed class Uniform(Uniform.Options options) : ITokenReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "uniform",
        Name = "Uniform",
        Paper = "Baseline: evenly spaced tokens",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Baseline,
        ChooseWhen = "as a yardstick that looks at nothing",
        BudgetRule = "exactly floor(retention * tokens)",
        Positions = PositionRule.Original,
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        int tokens = input.Grid.Count;
        return ReductionPlan.Keep(EvenSpacing.Middles(tokens, Budgets.Total(options.Retention, tokens)), tokens);
    }

    /// <summary>There is nothing to set but the retention.</summary>
    public sealed record Options : ReducerOptions;
}
