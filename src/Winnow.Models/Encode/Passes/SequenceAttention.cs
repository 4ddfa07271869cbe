using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Models.Encode.Passes;

/// <summary>The attention inside one sequence of rows, computed a few rows at a time when they are read.</summary>
/// <param name="compute">Threads.</param>
/// <param name="queries"><c>[m, width]</c>.</param>
/// <param name="keys"><c>[n, width]</c>.</param>
/// <param name="bias"><c>[n]</c>, or empty: added to each key's logits.</param>
/// <param name="heads">Attention heads.</param>
/// <param name="width">Length of a row.</param>
/// <param name="temperature">Divides the logits.</param>
internal sealed class SequenceAttention(
    Compute compute, ReadOnlyMemory<float> queries, ReadOnlyMemory<float> keys,
    float[] bias, int heads, int width, double temperature) : AttentionView
{
    private const int RowsAtOnce = 32;
    private readonly int _queryCount = queries.Length / width;
    private readonly int _count = keys.Length / width;
    private float[] _block = [];
    private int _first = -1;
    private int _rows;

    public override int Heads => heads;

    public override int Queries => _queryCount;

    public override int Keys => _count;

    public override void Read(int query, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(query, _queryCount);
        if (_first < 0 || query < _first || query >= _first + _rows)
            Compute(query);
        for (int head = 0; head < heads; head++)
            _block.AsSpan((head * _rows + query - _first) * _count, _count).CopyTo(destination[(head * _count)..]);
    }

    private void Compute(int first)
    {
        (_first, _rows) = (first, Math.Min(RowsAtOnce, _queryCount - first));
        int[] rows = [.. Enumerable.Range(first, _rows)];
        if (_block.Length < heads * _rows * _count)
            _block = new float[heads * _rows * _count];
        int headWidth = width / heads;
        var input = new AttentionInput
        {
            Queries = queries.Span,
            QueryCount = _queryCount,
            Heads = heads,
            // Rows of attention do not read the values.
            KeyValues = KeyValues.Tokens(keys.Span, keys.Span, _count, heads, headWidth),
            Scale = (float)(1 / (Math.Sqrt(headWidth) * temperature)),
            Causal = false,
            KeyBias = bias,
        };
        Attention.Rows(compute, input, rows, _block.AsSpan(0, heads * _rows * _count));
    }
}
