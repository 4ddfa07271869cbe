namespace Winnow.Reduction;

/// <summary>Base of the options of methods that act both between encoder and language model and inside the model.</summary>
public abstract record MultiPlaceOptions : ReducerOptions
{
    /// <summary>Which parts of the method act; papers report both forms.</summary>
    [Parameter("which parts of the method act")]
    public MethodParts Parts { get; init; } = MethodParts.All;

    /// <summary>Share of the rows that a cut inside the model keeps, of those that come there.</summary>
    /// <param name="given">As the user gives it, or null.</param>
    /// <param name="paper">The paper's, which acts besides what the part before the model keeps.</param>
    /// <returns>
    /// The given share; the retention where only the part inside acts; otherwise the paper's share, and 1 at a retention of 1.
    /// </returns>
    public double InnerShare(double? given, double paper) =>
        given ?? (Parts == MethodParts.InsideModel ? Retention : Retention < 1 ? paper : 1);

    /// <summary>Those of a method's places where its parts act.</summary>
    public MethodPlaces Active(MethodPlaces all) => Parts switch
    {
        MethodParts.BeforeModel => all & ~(MethodPlaces.Prefill | MethodPlaces.Cache),
        MethodParts.InsideModel => all & (MethodPlaces.Prefill | MethodPlaces.Cache),
        _ => all,
    };
}

/// <summary>Parts of a method that acts at several places.</summary>
public enum MethodParts
{
    /// <summary>Every part.</summary>
    All,

    /// <summary>What comes before the language model.</summary>
    BeforeModel,

    /// <summary>What happens inside the language model and on its cache.</summary>
    InsideModel,
}
