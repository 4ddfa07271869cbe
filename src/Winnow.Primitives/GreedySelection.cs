using System.Numerics;
using System.Numerics.Tensors;

namespace Winnow.Primitives;

/// <summary>Greedy choices of tokens that differ from each other. Equal scores go to the lower index.</summary>
public static class GreedySelection
{
    /// <summary>Gives one row of an n x n matrix.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="token">A token.</param>
    /// <param name="row"><c>[n]</c>, to be filled: what that token means for each token.</param>
    public delegate void RowOf<T>(int token, Span<T> row);

    /// <summary>Farthest-point sampling: always the token whose nearest chosen token is farthest.</summary>
    /// <param name="count">Number of tokens n.</param>
    /// <param name="picks">How many to choose, at most n.</param>
    /// <param name="first">The token to start with.</param>
    /// <param name="distances">Row p holds the distance of every token to p; distances may be weighted by the token that they are of.</param>
    /// <param name="mayRepeat">Whether a chosen token competes again with its distance to itself, as some official code has it; false to choose every token once.</param>
    /// <returns>The tokens in the order of choosing, and the distance of each to the nearest one chosen before; the first has infinity.</returns>
    public static (int[] Order, T[] Distances) MaxMin<T>(int count, int picks, int first, RowOf<T> distances, bool mayRepeat = false)
        where T : struct, IFloatingPointIeee754<T>
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(picks, count);
        T[] nearest = new T[count], row = new T[count], found = new T[picks];
        Array.Fill(nearest, T.PositiveInfinity);
        bool[] barred = new bool[count];
        int[] order = new int[picks];
        for (int k = 0; k < picks; k++)
        {
            order[k] = k == 0 ? first : Farthest(nearest, barred);
            found[k] = nearest[order[k]];
            barred[order[k]] = !mayRepeat;
            distances(order[k], row);
            TensorPrimitives.Min<T>(nearest, row, nearest);
        }
        return (order, found);
    }

    /// <summary>For every token the second smallest of its column: the smallest is its distance to itself, so this is how isolated the token is.</summary>
    /// <param name="count">Number of tokens n, at least 2.</param>
    /// <param name="distances">Row p holds the distance of every token to p.</param>
    public static T[] SecondSmallest<T>(int count, RowOf<T> distances) where T : struct, IFloatingPointIeee754<T>
    {
        T[] smallest = new T[count], second = new T[count], row = new T[count];
        Array.Fill(smallest, T.PositiveInfinity);
        Array.Fill(second, T.PositiveInfinity);
        for (int i = 0; i < count; i++)
        {
            distances(i, row);
            for (int j = 0; j < count; j++)
            {
                // Of a pair, the larger one can only be second.
                second[j] = T.Min(second[j], T.Max(smallest[j], row[j]));
                smallest[j] = T.Min(smallest[j], row[j]);
            }
        }
        return second;
    }

    /// <summary>Best score first; each choice sets the tokens too similar to it behind all others.</summary>
    /// <param name="scores"><c>[n]</c>.</param>
    /// <param name="picks">How many to choose, at most n.</param>
    /// <param name="similarity">Row p holds the similarity of every token to p.</param>
    /// <param name="threshold">More similar than this is too similar.</param>
    /// <returns>The tokens in the order of choosing; those set behind come last, the best first.</returns>
    public static int[] Suppress<T>(ReadOnlySpan<double> scores, int picks, RowOf<T> similarity, T threshold) where T : struct, IFloatingPointIeee754<T>
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(picks, scores.Length);
        int[] ranked = TopK.Largest(scores, scores.Length, EmitBy.Score);
        bool[] suppressed = new bool[scores.Length];
        T[] row = new T[scores.Length];
        var order = new List<int>(picks);
        foreach (int token in ranked)
        {
            if (suppressed[token] || order.Count == picks)
                continue;
            order.Add(token);
            similarity(token, row);
            for (int i = 0; i < row.Length; i++)
                suppressed[i] |= row[i] > threshold;
        }
        return [.. order, .. ranked.Except(order).Take(picks - order.Count)];
    }

    private static int Farthest<T>(T[] nearest, bool[] barred) where T : struct, IFloatingPointIeee754<T>
    {
        int best = -1;
        for (int i = 0; i < nearest.Length; i++)
            if (!barred[i] && (best < 0 || nearest[i] > nearest[best]))
                best = i;
        return best;
    }
}
