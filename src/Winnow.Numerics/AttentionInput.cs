namespace Winnow.Numerics;

/// <summary>
/// The operands of one attention: m queries of H heads against n keys and values of Kv heads (query head h reads h / (H / Kv)).
/// </summary>
public readonly ref struct AttentionInput
{
    /// <summary>Queries, after rotary embedding: [m, H * headSize], rows <see cref="QueryStride"/> apart.</summary>
    public required ReadOnlySpan<float> Queries { get; init; }

    /// <summary>Number of queries, m.</summary>
    public required int QueryCount { get; init; }

    /// <summary>Query heads, H, a multiple of the key-value heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Keys and values.</summary>
    public required KeyValues KeyValues { get; init; }

    /// <summary>Factor on the dot products, usually headSize^-0.5.</summary>
    public required float Scale { get; init; }

    /// <summary>True: query i sees keys 0 to n - m + i (by slot, whatever the positions), so n must be at least m. False: all n.</summary>
    public required bool Causal { get; init; }

    /// <summary>Elements from one query row to the next; 0 = H * headSize. Larger when q, k and v come from one fused product.</summary>
    public int QueryStride { get; init; }

    /// <summary>
    /// Added to the scaled logits of each key [n]; empty for none. The logarithm of a merged token's size gives the
    /// proportional attention of ToMe (arXiv 2210.09461, section 3).
    /// </summary>
    public ReadOnlySpan<float> KeyBias { get; init; }
}
