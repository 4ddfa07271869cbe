using Winnow.Models.Prefill;
using Winnow.Reduction;

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
    /// <param name="compact">
    /// Whether rows are counted anew instead of keeping their indices as positions; then the sequence goes on at its own length.
    /// </param>
    /// <param name="unreducedEnd">Index after the last row of the unreduced sequence.</param>
    public PromptRows Build(bool compact, int unreducedEnd) => new(
        new TokenMatrix(_rows, width),
        compact ? [.. Enumerable.Range(0, _indices.Count)] : [.. _indices],
        compact ? _indices.Count : unreducedEnd);
}
