using System.Numerics.Tensors;

namespace Winnow.Primitives;

/// <summary>Greedy search for the items whose kernel matrix has the largest determinant: great by themselves and unlike each
/// other.</summary>
/// <remarks>
/// Fast MAP inference of a determinantal point process (Chen, Zhang and Zhou, NeurIPS 2018, arXiv 1709.05135, algorithm 1): an incremental
/// Cholesky factor gives what each item would add to the determinant in one pass a pick.
/// </remarks>
public static class DeterminantSelection
{
    // Of an item's own kernel value this much is rounding: less than that left over means that the taken items span it.
    private const double Spanned = 1e-10;

    /// <summary>Takes the item that multiplies the determinant by the most, again and again; equal factors go to the lower index.</summary>
    /// <param name="diagonal">The kernel's diagonal, non-negative.</param>
    /// <param name="count">How many to take at most.</param>
    /// <param name="kernel">Rows of the kernel, a symmetric matrix without negative eigenvalues.</param>
    /// <returns>The items taken, with their factors; fewer than wanted where the rest is spanned by them (a determinant of 0).</returns>
    public static GreedyPicks Take(ReadOnlySpan<double> diagonal, int count, PairValues kernel)
    {
        int items = diagonal.Length;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, items);
        var order = new List<int>(count);
        var factors = new List<double>(count);
        var columns = new RealMatrix(count, items);
        double[] left = diagonal.ToArray();
        double[] squares = new double[items];
        while (order.Count < count)
        {
            int best = TensorPrimitives.IndexOfMax<double>(left);
            if (double.IsNegativeInfinity(left[best]))
                break;
            double factor = left[best];
            left[best] = double.NegativeInfinity;
            if (!(factor > Spanned * diagonal[best]))
                continue;
            Span<double> column = columns[order.Count];
            kernel(best, column);
            for (int s = 0; s < order.Count; s++)
                TensorPrimitives.MultiplyAdd(columns[s], -columns[s, best], column, column);
            TensorPrimitives.Divide(column, Math.Sqrt(factor), column);
            TensorPrimitives.Multiply<double>(column, column, squares);
            TensorPrimitives.Subtract(left, squares, left);
            order.Add(best);
            factors.Add(factor);
        }
        return new GreedyPicks([.. order], [.. factors]);
    }
}
