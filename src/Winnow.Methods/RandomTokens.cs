using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>Tokens drawn at random, every set of the wanted size being as likely as any other.</summary>
public sealed class RandomTokens(RandomTokens.Options options) : ITokenReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "random",
        Name = "Random",
        Paper = "Baseline: tokens drawn at random",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Baseline,
        ChooseWhen = "as the yardstick that a method must beat",
        BudgetRule = "exactly floor(retention * tokens)",
        Positions = PositionRule.Original,
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        var random = new Random(options.Seed);
        double[] draws = new double[input.Grid.Count];
        for (int i = 0; i < draws.Length; i++)
            draws[i] = random.NextDouble();
        return ReductionPlan.Keep(TopK.Largest(draws, Budgets.Total(options.Retention, draws.Length), EmitBy.Place), draws.Length);
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Equal seeds draw equal tokens from equally many.</summary>
        [Parameter("seed of the draw", Minimum = 0, Maximum = int.MaxValue)]
        public int Seed { get; init; }
    }
}
