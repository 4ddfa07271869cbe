using System.Numerics.Tensors;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>How much attention rows of the sequence get from the rows that look, one number a row.</summary>
public static class ReceivedAttention
{
    /// <summary>Mean over heads, then over the rows that look.</summary>
    /// <param name="attention">The rows that look.</param>
    /// <param name="first">First row looked at.</param>
    /// <param name="count">Rows looked at.</param>
    /// <param name="queries">Which of the rows that look, in any order; null for all.</param>
    /// <returns><c>[count]</c>.</returns>
    public static double[] Mean(AttentionView attention, int first, int count, IReadOnlyList<int>? queries = null)
    {
        double[] scores = new double[count];
        int rows = 0;
        foreach (ReadOnlyMemory<float> weights in Rows(attention, queries))
        {
            for (int head = 0; head < attention.Heads; head++)
                Add(scores, weights.Span.Slice(head * attention.Keys + first, count));
            rows++;
        }
        TensorPrimitives.Divide(scores, (double)rows * attention.Heads, scores);
        return scores;

        static void Add(double[] sums, ReadOnlySpan<float> weights)
        {
            for (int i = 0; i < sums.Length; i++)
                sums[i] += weights[i];
        }
    }

    /// <summary>Largest over heads and over all rows that look.</summary>
    /// <param name="attention">The rows that look.</param>
    /// <param name="first">First row looked at.</param>
    /// <param name="count">Rows looked at.</param>
    /// <returns><c>[count]</c>.</returns>
    public static float[] Maximum(AttentionView attention, int first, int count)
    {
        float[] scores = new float[count];
        foreach (ReadOnlyMemory<float> weights in Rows(attention, null))
            for (int head = 0; head < attention.Heads; head++)
                TensorPrimitives.Max(scores, weights.Span.Slice(head * attention.Keys + first, count), scores);
        return scores;
    }

    /// <summary>The rows that look, one after another, each <c>[Heads, Keys]</c> in memory that the next one overwrites.</summary>
    private static IEnumerable<ReadOnlyMemory<float>> Rows(AttentionView attention, IReadOnlyList<int>? queries)
    {
        float[] row = new float[attention.Heads * attention.Keys];
        for (int i = 0; i < (queries?.Count ?? attention.Queries); i++)
        {
            attention.Read(queries?[i] ?? i, row);
            yield return row;
        }
    }
}
