namespace Winnow.Models.Encode;

/// <summary>Rows picked out of a larger array, and put back.</summary>
internal static class TowerRows
{
    /// <summary>Copies the rows at those places, in their order.</summary>
    public static void Gather(ReadOnlySpan<float> source, ReadOnlySpan<int> places, int width, Span<float> rows)
    {
        for (int i = 0; i < places.Length; i++)
            source.Slice(places[i] * width, width).CopyTo(rows.Slice(i * width, width));
    }

    /// <summary>Copies rows to those places.</summary>
    public static void Scatter(ReadOnlySpan<float> rows, ReadOnlySpan<int> places, int width, Span<float> target)
    {
        for (int i = 0; i < places.Length; i++)
            rows.Slice(i * width, width).CopyTo(target.Slice(places[i] * width, width));
    }
}
