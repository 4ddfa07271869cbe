using Winnow.Numerics;

namespace Winnow.Models.Prefill;

/// <summary>The attention of chosen rows in one layer, gathered piece by piece.</summary>
/// <param name="rows">Indices of rows of the prefill, rising.</param>
internal sealed class AttentionRows(int[] rows)
{
    private int _keysInAll;

    /// <summary><c>[H, rows, n]</c>.</summary>
    public float[] Values { get; private set; } = [];

    /// <summary>Starts a layer.</summary>
    /// <param name="heads">Query heads (H).</param>
    /// <param name="keysInAll">Cached rows after the prefill (n).</param>
    public void Begin(int heads, int keysInAll)
    {
        _keysInAll = keysInAll;
        Values = new float[heads * rows.Length * keysInAll];
    }

    /// <summary>Computes the chosen rows that lie in a piece.</summary>
    /// <param name="compute">Threads.</param>
    /// <param name="input">Queries of the piece against the keys up to its end.</param>
    /// <param name="firstRow">The piece's first row.</param>
    public void Note(Compute compute, AttentionInput input, int firstRow)
    {
        int start = Array.FindIndex(rows, row => row >= firstRow);
        (int queries, int keys) = (input.QueryCount, input.KeyValues.Count);
        int[] chosen = [.. rows.Where(row => row >= firstRow && row < firstRow + queries).Select(row => row - firstRow)];
        float[] piece = new float[input.Heads * chosen.Length * keys];
        Attention.Rows(compute, input, chosen, piece);
        for (int head = 0; head < input.Heads; head++)
            for (int i = 0; i < chosen.Length; i++)
                piece.AsSpan((head * chosen.Length + i) * keys, keys).CopyTo(Values.AsSpan((head * rows.Length + start + i) * _keysInAll));
    }
}
