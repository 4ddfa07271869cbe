using System.Numerics;

namespace Winnow.Primitives;

/// <summary>The k-th smallest of many values without sorting them, by quickselect (Hoare, "Algorithm 65: Find", 1961).</summary>
public static class OrderStatistic
{
    /// <summary>The value that would stand at a rank if the values were sorted.</summary>
    /// <param name="values">At least one value; the span is reordered. NaN counts as equal to whatever it is compared with.</param>
    /// <param name="rank">From 1, the smallest, to the number of values.</param>
    public static T Smallest<T>(Span<T> values, int rank) where T : INumber<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rank, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rank, values.Length);
        while (true)
        {
            T pivot = Median(values[0], values[values.Length / 2], values[^1]);
            // Three parts: below the pivot, equal to it, above it.
            int below = 0, next = 0, above = values.Length;
            while (next < above)
                if (values[next] < pivot)
                    Swap(values, below++, next++);
                else if (values[next] > pivot)
                    Swap(values, --above, next);
                else
                    next++;
            if (rank > below && rank <= above)
                return pivot;
            bool isBelow = rank <= below;
            rank -= isBelow ? 0 : above;
            values = isBelow ? values[..below] : values[above..];
        }
    }

    private static void Swap<T>(Span<T> values, int i, int j) => (values[i], values[j]) = (values[j], values[i]);

    private static T Median<T>(T a, T b, T c) where T : INumber<T> => a < b
        ? b < c ? b : a < c ? c : a
        : a < c ? a : b < c ? c : b;
}
