using System.Numerics.Tensors;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>Cosines and distances of vectors, in float64. A vector of zeros has cosine 0 with everything, itself included; nothing here is
/// NaN.</summary>
public static class Similarity
{
    /// <summary>Cosine of two vectors.</summary>
    public static double Cosine(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double norms = Math.Sqrt(TensorPrimitives.SumOfSquares(a)) * Math.Sqrt(TensorPrimitives.SumOfSquares(b));
        return norms > 0 ? TensorPrimitives.Dot(a, b) / norms : 0;
    }

    /// <summary>Cosine of two vectors.</summary>
    public static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double norms = Math.Sqrt(InnerProducts.Of(a, a)) * Math.Sqrt(InnerProducts.Of(b, b));
        return norms > 0 ? InnerProducts.Of(a, b) / norms : 0;
    }

    /// <summary>Cosines of the vectors with each other.</summary>
    /// <param name="vectors"><c>[n, D]</c>.</param>
    /// <param name="chosen">Indices of those that count as the n vectors; null for all.</param>
    /// <returns><c>[n, n]</c>, symmetric.</returns>
    public static RealMatrix Cosines(TokenMatrix vectors, int[]? chosen = null)
    {
        RealMatrix products = InnerProducts.Among(vectors, chosen);
        double[] inverse = new double[products.Rows];
        for (int i = 0; i < inverse.Length; i++)
            inverse[i] = InverseRoot(products[i, i]);
        Scale(products, inverse, inverse);
        return products;
    }

    /// <summary>Cosines of each left vector with each right one.</summary>
    /// <param name="left"><c>[m, D]</c>.</param>
    /// <param name="right"><c>[n, D]</c>.</param>
    /// <returns><c>[m, n]</c>.</returns>
    public static RealMatrix Cosines(TokenMatrix left, TokenMatrix right)
    {
        RealMatrix products = InnerProducts.Between(left, right);
        Scale(products, InverseNorms(left), InverseNorms(right));
        return products;
    }

    /// <summary>Cosines of some vectors with some others, which need not be gathered.</summary>
    /// <param name="vectors">Vectors.</param>
    /// <param name="left">Indices of m of them.</param>
    /// <param name="right">Indices of n of them.</param>
    /// <returns><c>[m, n]</c>.</returns>
    public static RealMatrix Cosines(TokenMatrix vectors, int[] left, int[] right)
    {
        RealMatrix products = InnerProducts.Between(vectors, left, right);
        Scale(products, InverseNorms(vectors, left), InverseNorms(vectors, right));
        return products;
    }

    /// <summary>Euclidean distances of the vectors, divided by the square root of their length as density clustering wants them.</summary>
    /// <param name="vectors"><c>[n, D]</c>.</param>
    /// <param name="chosen">Indices of those that count as the n vectors; null for all.</param>
    /// <returns><c>[n, n]</c>, symmetric, zero on the diagonal.</returns>
    public static RealMatrix ScaledDistances(TokenMatrix vectors, int[]? chosen = null)
    {
        RealMatrix distances = InnerProducts.Among(vectors, chosen);
        double[] squares = new double[distances.Rows];
        for (int i = 0; i < squares.Length; i++)
            squares[i] = distances[i, i];
        for (int i = 0; i < squares.Length; i++)
        {
            Span<double> row = distances[i];
            // |a - b|^2 = |a|^2 + |b|^2 - 2 ab; for equal vectors the terms are equal to the last bit: their distance is exactly 0.
            for (int j = 0; j < row.Length; j++)
                row[j] = Math.Sqrt(Math.Max(0, (squares[i] - row[j] + (squares[j] - row[j])) / vectors.Dimension));
            row[i] = 0;
        }
        return distances;
    }

    /// <summary>One over the norm of each vector; 0 for vectors of zeros.</summary>
    /// <param name="vectors"><c>[n, D]</c>.</param>
    /// <param name="chosen">Indices of those that count as the n vectors; null for all.</param>
    public static double[] InverseNorms(TokenMatrix vectors, int[]? chosen = null)
    {
        double[] inverse = new double[chosen?.Length ?? vectors.Count];
        for (int i = 0; i < inverse.Length; i++)
        {
            ReadOnlySpan<float> vector = vectors[chosen is null ? i : chosen[i]];
            inverse[i] = InverseRoot(InnerProducts.Of(vector, vector));
        }
        return inverse;
    }

    private static double InverseRoot(double square) => square > 0 ? 1 / Math.Sqrt(square) : 0;

    private static void Scale(RealMatrix products, double[] rowFactors, double[] columnFactors)
    {
        for (int i = 0; i < products.Rows; i++)
        {
            TensorPrimitives.Multiply(products[i], columnFactors, products[i]);
            TensorPrimitives.Multiply(products[i], rowFactors[i], products[i]);
        }
    }
}
