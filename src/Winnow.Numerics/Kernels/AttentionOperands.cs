namespace Winnow.Numerics.Kernels;

/// <summary>The operands of one attention, checked and pinned.</summary>
internal unsafe struct AttentionOperands
{
    public float* Q;
    public float* KeyBias;
    public byte* K;
    public byte* V;
    public int M;
    public int N;
    public int Heads;
    public int KvHeads;
    public int HeadSize;
    public int QueryStride;
    public int HeadStride;
    public int RowStride;
    public bool IsHalf;
    public bool Causal;
    public float Scale;

    /// <summary>Query heads that share one key-value head.</summary>
    public readonly int Group => Heads / KvHeads;

    public static AttentionOperands From(in AttentionInput input)
    {
        KeyValues kv = input.KeyValues;
        ArgumentOutOfRangeException.ThrowIfNegative(input.QueryCount);
        if (input.Heads < 1 || kv.Heads < 1 || input.Heads % kv.Heads != 0)
        {
            throw new ArgumentException($"{input.Heads} query heads cannot share {kv.Heads} key-value heads; use a multiple.");
        }

        if (kv.Count < 1 || (input.Causal && kv.Count < input.QueryCount))
        {
            throw new ArgumentException(
                $"{input.QueryCount} queries against {kv.Count} keys: "
                + "at least one key is needed, and causal attention needs one per query.");
        }

        int stride = input.QueryStride == 0 ? input.Heads * kv.HeadSize : input.QueryStride;
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, input.Heads * kv.HeadSize, nameof(input.QueryStride));
        long needed = input.QueryCount == 0 ? 0 : ((input.QueryCount - 1) * (long)stride) + (input.Heads * kv.HeadSize);
        if (input.Queries.Length < needed)
        {
            throw new ArgumentException($"Queries has {input.Queries.Length} elements; {input.QueryCount} rows need {needed}.");
        }

        if (!input.KeyBias.IsEmpty)
        {
            Check.Length(input.KeyBias.Length, kv.Count, nameof(input.KeyBias), "n");
        }

        return new AttentionOperands
        {
            M = input.QueryCount,
            N = kv.Count,
            Heads = input.Heads,
            KvHeads = kv.Heads,
            HeadSize = kv.HeadSize,
            QueryStride = stride,
            HeadStride = kv.HeadStride,
            RowStride = kv.RowStride,
            IsHalf = kv.IsHalf,
            Causal = input.Causal,
            Scale = input.Scale,
        };
    }

    public void Attach(float* q, byte* k, byte* v, float* keyBias)
    {
        Q = q;
        K = k;
        V = v;
        KeyBias = keyBias;
    }

    /// <summary>Keys that a query sees.</summary>
    public readonly int Visible(int query) => Causal ? N - M + query + 1 : N;

    /// <summary>Multiply-adds of the logits of a range of queries, all heads.</summary>
    public readonly long DotProducts(int firstQuery, int queries)
    {
        long pairs = (long)queries * Visible(firstQuery);
        if (Causal)
        {
            pairs += (long)queries * (queries - 1) / 2;
        }

        return pairs * Heads * HeadSize;
    }

    public readonly float* Query(int query, int head) => Q + ((long)query * QueryStride) + ((long)head * HeadSize);

    /// <summary>Key or value rows of neighbouring tokens as f32, <paramref name="step"/> apart: in place, or converted.</summary>
    public readonly float* Rows(byte* start, int kvHead, int first, int count, float* converted, out int step)
    {
        step = IsHalf ? HeadSize : RowStride;
        float* rows = Row(start, kvHead, first, converted);
        for (int i = 1; IsHalf && i < count; i++)
        {
            Row(start, kvHead, first + i, converted + (i * HeadSize));
        }

        return rows;
    }

    /// <summary>A key or value row as f32: in place, or converted into <paramref name="converted"/>.</summary>
    public readonly float* Row(byte* start, int kvHead, int token, float* converted)
    {
        long offset = ((long)kvHead * HeadStride) + ((long)token * RowStride);
        if (!IsHalf)
        {
            return (float*)start + offset;
        }

        Conversion.ToSingle(WeightType.F16, (ushort*)start + offset, HeadSize, converted);
        return converted;
    }
}
