namespace Winnow.Reduction;

/// <summary>Base of the options of methods that act both between encoder and language model and inside the model.</summary>
public abstract record MultiPlaceOptions : ReducerOptions
{
    /// <summary>Which parts of the method act; papers report both forms.</summary>
    [Parameter("which parts of the method act")]
    public MethodParts Parts { get; init; } = MethodParts.All;

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
