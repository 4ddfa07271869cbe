namespace Winnow.Reduction;

/// <summary>Marks an option as a parameter of the method that users may set by name.</summary>
/// <param name="meaning">What it does, in a few words, for <c>winnow methods</c>.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ParameterAttribute(string meaning) : Attribute
{
    /// <summary>What it does.</summary>
    public string Meaning { get; } = meaning;

    /// <summary>The paper's symbol, where it has one.</summary>
    public string? Symbol { get; init; }

    /// <summary>Smallest value allowed.</summary>
    public double Minimum { get; init; } = double.NegativeInfinity;

    /// <summary>Largest value allowed.</summary>
    public double Maximum { get; init; } = double.PositiveInfinity;

    /// <summary>Whether the smallest value itself is refused.</summary>
    public bool MinimumIsExcluded { get; init; }

    /// <summary>Whether the largest value itself is refused.</summary>
    public bool MaximumIsExcluded { get; init; }
}
