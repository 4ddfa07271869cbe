using Winnow.Reduction;

namespace Winnow.Models.Prefill;

/// <summary>Where in the layer loop visual rows left the sequence.</summary>
/// <param name="Point">The point.</param>
/// <param name="Before">Visual rows before it, newline vectors included.</param>
/// <param name="After">Visual rows after it.</param>
public readonly record struct PrefillCut(PrefillPoint Point, int Before, int After);
