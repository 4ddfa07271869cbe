namespace Winnow.Primitives;

/// <summary>Fills in the values (distances, similarities, kernel entries) between one item and every item.</summary>
/// <param name="item">Index of the item.</param>
/// <param name="destination">One value for each item, in their order.</param>
public delegate void PairValues(int item, Span<double> destination);
