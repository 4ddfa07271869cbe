namespace Winnow.Primitives;

/// <summary>Rows one after another.</summary>
/// <param name="Start">First row.</param>
/// <param name="Length">Number of rows, 0 or more.</param>
public readonly record struct RowRange(int Start, int Length);
