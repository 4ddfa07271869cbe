using Winnow.Reduction;

namespace Winnow.Models.Prefill;

/// <summary>Where in the layer loop visual rows left the sequence.</summary>
/// <param name="Point">The point.</param>
/// <param name="Before">Visual rows before it, newline vectors included.</param>
/// <param name="After">Visual rows after it.</param>
public readonly record struct PrefillCut(PrefillPoint Point, int Before, int After)
{
    /// <summary>
    /// <c>[VisualCount]</c>: for each visual row of the prompt the one that it has gone into, itself where it is left, both counted from
    /// the first; -1 where nothing of it is left.
    /// </summary>
    public IReadOnlyList<int> WentInto { get; init; } = [];
}
