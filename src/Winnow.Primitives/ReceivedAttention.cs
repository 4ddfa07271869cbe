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

    /// <summary>
    /// How much the patches of a sequence of the vision encoder get, mean over heads: from its class tokens, or, where it has
    /// none, from each other.
    /// </summary>
    /// <param name="attention">Attention of every row of the sequence to every row.</param>
    /// <param name="classTokens">Rows at its head that are no patches.</param>
    /// <returns><c>[patches]</c>.</returns>
    /// <exception cref="ArgumentException">A value is not finite.</exception>
    public static double[] OfPatches(AttentionView attention, int classTokens)
    {
        int patches = attention.Keys - classTokens;
        if (patches == 0)
            return [];
        double[] scores = Mean(attention, classTokens, patches, classTokens > 0 ? [.. Enumerable.Range(0, classTokens)] : null);
        int broken = Array.FindIndex(scores, score => !double.IsFinite(score));
        return broken < 0 ? scores
            : throw new ArgumentException(
                $"Patch {broken} receives attention of {scores[broken]}; every value must be finite.", nameof(attention));
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
