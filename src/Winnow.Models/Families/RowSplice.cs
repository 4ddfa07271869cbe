using Winnow.Models.Prefill;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Models.Families;

/// <summary>Rows of text and video put one after another, each with its index in the unreduced sequence.</summary>
/// <param name="width">Length of a row (D).</param>
/// <param name="capacity">Rows in all.</param>
internal sealed class RowSplice(int width, int capacity)
{
    private readonly float[] _rows = new float[capacity * width];
    private readonly List<int> _indices = new(capacity);

    /// <summary>Adds rows at those indices.</summary>
    /// <returns>Where their values are to be written.</returns>
    public Span<float> Add(IEnumerable<int> indices)
    {
        int first = _indices.Count;
        _indices.AddRange(indices);
        return _rows.AsSpan(first * width, (_indices.Count - first) * width);
    }

    /// <summary>Ends the sequence.</summary>
    /// <param name="rule">
    /// Whether rows keep their indices as positions, or are counted anew; then the sequence goes on at its own length. Rows of the video
    /// may also take the indices of its first rows.
    /// </param>
    /// <param name="unreducedEnd">Index after the last row of the unreduced sequence.</param>
    /// <param name="visualStart">First row of the video.</param>
    /// <param name="places">Place of each row of the video in its grid; -1 for a newline.</param>
    /// <param name="grid">The video's grid.</param>
    public PromptRows Build(PositionRule rule, int unreducedEnd, int visualStart, int[] places, TokenGrid grid)
    {
        bool compact = rule == PositionRule.Compact;
        int[] positions = compact ? [.. Enumerable.Range(0, _indices.Count)] : [.. _indices];
        if (rule == PositionRule.FirstPlaces)
            for (int row = visualStart; row < visualStart + places.Length; row++)
                positions[row] = row;
        return new PromptRows(new TokenMatrix(_rows, width), positions, compact ? _indices.Count : unreducedEnd)
        {
            VisualStart = visualStart,
            VisualCount = places.Length,
            Places = places,
            Grid = grid,
        };
    }
}
