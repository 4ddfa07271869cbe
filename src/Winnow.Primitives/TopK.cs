namespace Winnow.Primitives;

/// <summary>The k best of a list; equal scores go to the lower place. NaN counts as the worst.</summary>
public static class TopK
{
    /// <summary>Places of the <paramref name="count"/> largest scores.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More are wanted than there are.</exception>
    public static int[] Largest(ReadOnlySpan<double> scores, int count, EmitBy order)
    {
        double[] keys = new double[scores.Length];
        for (int i = 0; i < keys.Length; i++)
            keys[i] = -scores[i];
        return Choose(keys, count, order);
    }

    /// <summary>Places of the <paramref name="count"/> largest scores.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More are wanted than there are.</exception>
    public static int[] Largest(ReadOnlySpan<float> scores, int count, EmitBy order)
    {
        double[] keys = new double[scores.Length];
        for (int i = 0; i < keys.Length; i++)
            keys[i] = -scores[i];
        return Choose(keys, count, order);
    }

    /// <summary>Places of the <paramref name="count"/> smallest scores.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More are wanted than there are.</exception>
    public static int[] Smallest(ReadOnlySpan<double> scores, int count, EmitBy order) => Choose(scores.ToArray(), count, order);

    /// <summary>The smallest values, rising; infinite where there are fewer. For few out of many: each value is inserted into the short
    /// list.</summary>
    /// <param name="values">Values.</param>
    /// <param name="smallest">Takes as many as it has room for.</param>
    public static void SmallestValues(ReadOnlySpan<double> values, Span<double> smallest)
    {
        smallest.Fill(double.PositiveInfinity);
        if (smallest.IsEmpty)
            return;
        foreach (double value in values)
        {
            if (value >= smallest[^1])
                continue;
            int at = smallest.Length - 1;
            for (; at > 0 && smallest[at - 1] > value; at--)
                smallest[at] = smallest[at - 1];
            smallest[at] = value;
        }
    }

    /// <summary>Places of the so many largest scores of every frame, rising over the whole video.</summary>
    /// <param name="scores"><c>[F * N]</c>, frame-major.</param>
    /// <param name="tokensPerFrame">N.</param>
    /// <param name="count">How many of each frame.</param>
    public static int[] LargestOfFrames(ReadOnlySpan<double> scores, int tokensPerFrame, int count)
    {
        int[] chosen = new int[scores.Length / tokensPerFrame * count];
        for (int i = 0; i < chosen.Length; i += count)
        {
            int first = i / count * tokensPerFrame;
            int[] places = Largest(scores.Slice(first, tokensPerFrame), count, EmitBy.Place);
            for (int k = 0; k < count; k++)
                chosen[i + k] = first + places[k];
        }
        return chosen;
    }

    private static int[] Choose(double[] keys, int count, EmitBy order)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, keys.Length);
        for (int i = 0; i < keys.Length; i++)
            if (double.IsNaN(keys[i]))
                keys[i] = double.PositiveInfinity;
        int[] places = [.. Enumerable.Range(0, keys.Length)];
        Array.Sort(places, new ByKey(keys));
        int[] chosen = places[..count];
        if (order == EmitBy.Place)
            Array.Sort(chosen);
        return chosen;
    }

    private sealed class ByKey(double[] keys) : IComparer<int>
    {
        // -0 and 0 are equal scores, so the comparison is by operators and not by CompareTo.
        public int Compare(int a, int b) => keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : a.CompareTo(b);
    }
}
