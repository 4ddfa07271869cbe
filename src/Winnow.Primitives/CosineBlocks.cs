using System.Numerics.Tensors;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>Cosines of some vectors with some others, where few of all pairs are asked for. A vector of zeros has cosine 0 with
/// everything; none is above 1.</summary>
/// <param name="vectors"><c>[n, D]</c>.</param>
/// <param name="parallel">How the work is spread over threads; null for none.</param>
public sealed class CosineBlocks(TokenMatrix vectors, ParallelFor? parallel = null)
{
    private readonly float[] _inverse = Array.ConvertAll(Similarity.InverseNorms(vectors), value => (float)value);

    /// <summary>Cosines of each left vector with each right one; products in float32.</summary>
    /// <param name="left">Indices of m vectors.</param>
    /// <param name="right">Indices of n vectors; the same array as <paramref name="left"/> halves the work.</param>
    /// <param name="destination"><c>[m, n]</c>, row-major.</param>
    public void Between(int[] left, int[] right, Span<float> destination)
    {
        InnerProducts.Between(vectors, left, right, destination, parallel);
        float[] factors = Array.ConvertAll(right, item => _inverse[item]);
        for (int i = 0; i < left.Length; i++)
        {
            Span<float> row = destination.Slice(i * right.Length, right.Length);
            TensorPrimitives.Multiply(row, factors, row);
            TensorPrimitives.Multiply(row, _inverse[left[i]], row);
            TensorPrimitives.Min(row, 1, row);
        }
    }
}
