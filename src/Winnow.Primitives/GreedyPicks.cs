namespace Winnow.Primitives;

/// <summary>What a greedy selection took.</summary>
/// <param name="Order">Items in the order in which they were taken.</param>
/// <param name="Scores">The score of each at the moment of taking; positive infinity for items that stood from the start.</param>
public sealed record GreedyPicks(int[] Order, double[] Scores);
