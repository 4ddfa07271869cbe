using System.Numerics.Tensors;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>PageRank on attention: what rows are worth when each passes its worth on to the rows that it looks at.</summary>
public static class PageRank
{
    private const int BlockRows = 32;

    /// <summary>The root mean square over heads of what each row is worth after some rounds; every row begins with the same.</summary>
    /// <param name="attention">Attention of every row to every row.</param>
    /// <param name="rounds">How often worth is passed on, at least 1.</param>
    /// <param name="damping">Share that is dealt out evenly in every round, from 0 to 1.</param>
    /// <returns><c>[Keys]</c>.</returns>
    /// <exception cref="ArgumentException">Not every row looks.</exception>
    public static double[] Of(AttentionView attention, int rounds, double damping = 0) =>
        RootMeanSquare(PerHead(attention, rounds, damping));

    /// <summary>What each row is worth after some rounds, head by head.</summary>
    /// <param name="attention">Attention of every row to every row.</param>
    /// <param name="rounds">How often worth is passed on.</param>
    /// <param name="damping">Share that is dealt out evenly in every round, from 0 to 1.</param>
    /// <param name="start"><c>[Keys]</c>: what rows are worth at first, with a sum of 1; null for the same.</param>
    /// <returns>For each head <c>[Keys]</c>.</returns>
    /// <exception cref="ArgumentException">Not every row looks.</exception>
    public static double[][] PerHead(AttentionView attention, int rounds, double damping = 0, double[]? start = null)
    {
        (int heads, int count) = (attention.Heads, attention.Keys);
        if (attention.Queries != count)
            throw new ArgumentException(
                $"{attention.Queries} of {count} rows look; worth flows along the attention of all.", nameof(attention));
        double[] worth = new double[heads * count];
        for (int i = 0; i < worth.Length; i++)
            worth[i] = start?[i % count] ?? 1.0 / count;
        for (int round = 0; round < rounds; round++)
            worth = PassOn(attention, worth, damping);
        return [.. worth.Chunk(count)];
    }

    /// <summary>The root mean square over heads, row by row.</summary>
    /// <param name="heads">For each head one number a row; at least one head.</param>
    public static double[] RootMeanSquare(IReadOnlyList<double[]> heads)
    {
        double[] joined = new double[heads[0].Length];
        foreach (double[] worth in heads)
            for (int i = 0; i < joined.Length; i++)
                joined[i] += worth[i] * worth[i] / heads.Count;
        TensorPrimitives.Sqrt<double>(joined, joined);
        return joined;
    }

    private static double[] PassOn(AttentionView attention, double[] worth, double damping)
    {
        (int heads, int count) = (attention.Heads, attention.Keys);
        double[] next = new double[worth.Length], row = new double[count];
        Array.Fill(next, damping / count);
        float[] block = new float[heads * BlockRows * count];
        for (int first = 0; first < count; first += BlockRows)
        {
            int rows = Math.Min(BlockRows, count - first);
            attention.Read(first, rows, block.AsSpan(0, heads * rows * count));
            for (int head = 0; head < heads; head++)
            {
                Span<double> target = next.AsSpan(head * count, count);
                for (int i = 0; i < rows; i++)
                {
                    TensorPrimitives.ConvertTruncating(block.AsSpan((head * rows + i) * count, count), row.AsSpan());
                    TensorPrimitives.MultiplyAdd(row, worth[head * count + first + i] * (1 - damping), target, target);
                }
            }
        }
        return next;
    }
}
