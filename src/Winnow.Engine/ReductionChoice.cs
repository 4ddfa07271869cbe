using Winnow.Reduction;

namespace Winnow.Engine;

/// <summary>What happens to the visual tokens between encoder and language model.</summary>
public sealed record ReductionChoice
{
    /// <summary>Every token goes on.</summary>
    public static ReductionChoice None { get; } = new();

    /// <summary>The method; null to keep everything.</summary>
    public ITokenReducer? Reducer { get; init; }

    /// <summary>The rotary positions of the kept tokens.</summary>
    public PositionRule Positions { get; init; } = PositionRule.Original;
}
