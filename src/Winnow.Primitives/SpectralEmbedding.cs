using System.Numerics.Tensors;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>
/// Points as the smoothest functions on the graph of their likenesses see them: the first half of spectral clustering (Ng, Jordan, Weiss,
/// NIPS 2001).
/// </summary>
public static class SpectralEmbedding
{
    // Added to the norm of a row of the embedding.
    private const double Epsilon = 1e-6;

    /// <summary>Heat kernel of the squared distances: <c>exp(-d^2 / (2 sigma^2))</c>.</summary>
    /// <param name="points"><c>[n, D]</c>.</param>
    /// <param name="sigma">Width of the kernel, above 0.</param>
    /// <returns><c>[n, n]</c>, symmetric, 1 on the diagonal.</returns>
    public static RealMatrix HeatKernel(TokenMatrix points, double sigma)
    {
        RealMatrix kernel = Similarity.ScaledDistances(points);
        for (int i = 0; i < kernel.Values.Length; i++)
            kernel.Values[i] = Math.Exp(-kernel.Values[i] * kernel.Values[i] * points.Dimension / (2 * sigma * sigma));
        return kernel;
    }

    /// <summary>Leaves only pairs of which one is among the other's most similar points.</summary>
    /// <param name="affinity"><c>[n, n]</c>, changed in place.</param>
    /// <param name="neighbours">How many, a point itself included; points as similar as the last of them count too.</param>
    public static void KeepNearest(RealMatrix affinity, int neighbours)
    {
        double[] thresholds = new double[affinity.Rows], sorted = new double[affinity.Columns];
        for (int i = 0; i < thresholds.Length; i++)
        {
            affinity[i].CopyTo(sorted);
            thresholds[i] = OrderStatistic.Smallest(sorted.AsSpan(), Math.Max(1, sorted.Length - neighbours + 1));
        }
        for (int i = 0; i < affinity.Rows; i++)
            for (int j = 0; j < affinity.Columns; j++)
                if (affinity[i, j] < thresholds[i] && affinity[i, j] < thresholds[j])
                    affinity[i, j] = 0;
    }

    /// <summary>Eigenvectors of the normalised Laplacian <c>D^-1/2 (D - W) D^-1/2</c>.</summary>
    /// <param name="affinity"><c>[n, n]</c>: W, symmetric, with positive row sums.</param>
    /// <param name="dimensions">Length of the embedding, at most n.</param>
    /// <returns>Eigenvalues rising, and <c>[n, dimensions]</c>, whose columns belong to the smallest of them.</returns>
    public static (double[] Values, RealMatrix Rows) Of(RealMatrix affinity, int dimensions)
    {
        int n = affinity.Rows;
        double[] scales = [.. Enumerable.Range(0, n).Select(i => 1 / Math.Sqrt(TensorPrimitives.Sum<double>(affinity[i])))];
        var laplacian = new RealMatrix(n, n);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                laplacian[i, j] = (i == j ? 1 : 0) - affinity[i, j] * scales[i] * scales[j];
        (double[] values, RealMatrix vectors) = SymmetricEigenvectors.Smallest(laplacian, dimensions);
        var rows = new RealMatrix(n, dimensions);
        for (int i = 0; i < n; i++)
            for (int k = 0; k < dimensions; k++)
                rows[i, k] = vectors[k, i];
        return (values, rows);
    }

    /// <summary>Divides each row by its norm.</summary>
    /// <param name="rows">Changed in place.</param>
    public static void Normalize(RealMatrix rows)
    {
        for (int i = 0; i < rows.Rows; i++)
            TensorPrimitives.Divide(rows[i], TensorPrimitives.Norm<double>(rows[i]) + Epsilon, rows[i]);
    }
}
