namespace Winnow.Reduction;

/// <summary>What a user should know of a method before choosing it. A method cannot be in the catalog without its card.</summary>
public sealed record MethodCard
{
    /// <summary>Name on the command line, kebab-case, such as <c>mmg-vid</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Name as the paper writes it, such as <c>MMG-Vid</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Title of the paper, venue and year, or what a baseline does.</summary>
    public required string Paper { get; init; }

    /// <summary>arXiv number such as <c>2508.21044</c>; null for baselines.</summary>
    public string? ArXiv { get; init; }

    /// <summary>Official repository and commit that the implementation follows, or null where none is published.</summary>
    public string? OfficialCode { get; init; }

    /// <summary>Where it acts.</summary>
    public required MethodPlaces Places { get; init; }

    /// <summary>What kind of method it is, for grouping.</summary>
    public required MethodFamily Family { get; init; }

    /// <summary>One line: when to choose it.</summary>
    public required string ChooseWhen { get; init; }

    /// <summary>How the retention becomes a number of tokens, in one line.</summary>
    public required string BudgetRule { get; init; }

    /// <summary>How closely the number of tokens meets the retention.</summary>
    public BudgetPromise Budget { get; init; } = BudgetPromise.Exact;

    /// <summary>The order of the emitted tokens.</summary>
    public PlanOrder Order { get; init; } = PlanOrder.Place;

    /// <summary>The rotary positions that its reference uses.</summary>
    public required PositionRule Positions { get; init; }

    /// <summary>Every deliberate difference from the paper or from the official code, one sentence each.</summary>
    public IReadOnlyList<string> Deviations { get; init; } = [];

    /// <summary>
    /// What it computes besides what the model would compute anyway: attention rows, projections, comparisons; null for after-encoder
    /// methods, whose whole work is that.
    /// </summary>
    public string? ExtraCost { get; init; }

    /// <summary>Whether merged tokens are averages (non-negative weights that sum to one); false where the paper adds.</summary>
    public bool Averages { get; init; } = true;
}
