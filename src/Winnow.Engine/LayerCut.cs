namespace Winnow.Engine;

/// <summary>Visual rows that left inside the language model.</summary>
/// <param name="Layer">0-based layer at which they left.</param>
/// <param name="Before">Visual rows before it, newline vectors included.</param>
/// <param name="After">Visual rows after it.</param>
public sealed record LayerCut(int Layer, int Before, int After);
