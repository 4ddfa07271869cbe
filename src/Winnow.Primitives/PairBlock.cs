namespace Winnow.Primitives;

/// <summary>Fills in the values (distances, similarities) between some items and some others.</summary>
/// <param name="left">Indices of m items.</param>
/// <param name="right">Indices of n items; the same array as <paramref name="left"/> may halve the work.</param>
/// <param name="destination"><c>[m, n]</c>, row-major.</param>
public delegate void PairBlock(int[] left, int[] right, Span<float> destination);
