using System.Numerics.Tensors;

namespace Winnow.Primitives;

/// <summary>Greedy choice of the tokens whose kernel has the largest determinant: relevant and different at once.</summary>
/// <remarks>Fast greedy MAP inference of a determinantal point process (Chen, Zhang, Zhou, NeurIPS 2018): an incremental Cholesky factor gives every gain in O(chosen).</remarks>
public static class Determinant
{
    /// <summary>Chooses tokens one by one, each the one by which the determinant grows most.</summary>
    /// <param name="kernel"><c>[n, n]</c>, symmetric, positive semi-definite.</param>
    /// <param name="picks">How many, at most n.</param>
    /// <param name="negligible">A gain at or below this is rounding noise: the choice ends before it.</param>
    /// <returns>The tokens in the order of choosing (fewer than <paramref name="picks"/> where the kernel's rank is exhausted), and the gain of each.</returns>
    public static (int[] Order, double[] Gains) Greedy(RealMatrix kernel, int picks, double negligible)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(picks, kernel.Rows);
        int count = kernel.Rows;
        double[] gains = new double[count];
        for (int i = 0; i < count; i++)
            gains[i] = kernel[i, i];
        var factor = new RealMatrix(picks, count);
        var order = new List<int>(picks);
        var taken = new List<double>(picks);
        for (int step = 0; step < picks; step++)
        {
            int best = TensorPrimitives.IndexOfMax<double>(gains);
            if (!(gains[best] > negligible))
                break;
            double gain = gains[best];
            Span<double> row = factor[step];
            order.Add(best);
            taken.Add(gain);
            kernel[best].CopyTo(row);
            for (int s = 0; s < step; s++)
                TensorPrimitives.MultiplyAdd(factor[s], -factor[s, best], row, row);
            TensorPrimitives.Divide(row, Math.Sqrt(gain), row);
            for (int i = 0; i < count; i++)
                gains[i] -= row[i] * row[i];
            foreach (int chosen in order)
                gains[chosen] = double.NegativeInfinity;
        }
        return ([.. order], [.. taken]);
    }
}
