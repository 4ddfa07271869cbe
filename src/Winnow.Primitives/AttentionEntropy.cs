using System.Numerics.Tensors;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>How sharp the attention of rows is.</summary>
public static class AttentionEntropy
{
    private const int BlockRows = 32;

    // The logarithm of an exact zero is not wanted: 0 ln 0 counts as 0.
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>Negative entropy of every row's attention, heads averaged before: <c>sum_j p_j ln p_j</c>, at most 0; the larger, the
    /// sharper.</summary>
    /// <param name="attention">The rows that look.</param>
    /// <param name="negative"><c>[Queries]</c>: receives one number a row.</param>
    public static void Negative(AttentionView attention, Span<double> negative)
    {
        (int heads, int keys) = (attention.Heads, attention.Keys);
        float[] block = new float[heads * BlockRows * keys], mean = new float[keys], logarithms = new float[keys];
        for (int first = 0; first < negative.Length; first += BlockRows)
        {
            int rows = Math.Min(BlockRows, negative.Length - first);
            attention.Read(first, rows, block.AsSpan(0, heads * rows * keys));
            for (int row = 0; row < rows; row++)
            {
                mean.AsSpan().Clear();
                for (int head = 0; head < heads; head++)
                    TensorPrimitives.Add(mean, block.AsSpan((head * rows + row) * keys, keys), mean);
                TensorPrimitives.Divide(mean, heads, mean);
                TensorPrimitives.Max(mean, SmallestNormal, logarithms);
                TensorPrimitives.Log<float>(logarithms, logarithms);
                negative[first + row] = TensorPrimitives.Dot<float>(mean, logarithms);
            }
        }
    }
}
