using Winnow.Models.Encode.Passes;

namespace Winnow.Models.Encode;

/// <summary>What stands at places of a frame's grid for which nothing came out of the tower.</summary>
internal static class GridGaps
{
    /// <summary>
    /// Gives each gap the value of the nearest place that is none, the lower one on ties. A frame of gaps alone stays as it is.
    /// </summary>
    /// <param name="values"><c>[N, width]</c>: the frame's grid, filled but for the gaps.</param>
    /// <param name="rows"><c>[N]</c>: which places are gaps, as <see cref="ITowerSink.Frame"/> takes it.</param>
    /// <param name="columns">Places in a row of the grid.</param>
    public static void Fill(Span<float> values, ReadOnlySpan<int> rows, int columns)
    {
        int width = values.Length / rows.Length;
        for (int place = 0; place < rows.Length; place++)
            if (rows[place] == ITowerSink.Absent && Nearest(place, rows, columns) is { } other)
                values.Slice(other * width, width).CopyTo(values[(place * width)..]);
    }

    private static int? Nearest(int place, ReadOnlySpan<int> rows, int columns)
    {
        int? nearest = null;
        int best = int.MaxValue;
        for (int other = 0; other < rows.Length; other++)
        {
            (int down, int right) = (other / columns - place / columns, other % columns - place % columns);
            if (rows[other] != ITowerSink.Absent && down * down + right * right < best)
                (nearest, best) = (other, down * down + right * right);
        }
        return nearest;
    }
}
