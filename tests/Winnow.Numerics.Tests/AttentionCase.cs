namespace Winnow.Numerics.Tests;

/// <summary>One attention problem; keys and values are [KvHeads, N, HeadSize].</summary>
internal sealed record AttentionCase(int M, int N, int Heads, int KvHeads, int HeadSize, bool Causal)
{
    public required float[] Q { get; init; }

    public required float[] K { get; init; }

    public required float[] V { get; init; }

    public float[] Bias { get; init; } = [];

    public float Scale => 1 / MathF.Sqrt(HeadSize);

    public static AttentionCase Create(int seed, int m, int n, int heads, int kvHeads, int headSize, bool causal, bool bias = false) =>
        new(m, n, heads, kvHeads, headSize, causal)
        {
            // Logits of some +-10, so that the running maximum moves and some probabilities underflow towards zero.
            Q = Oracle.Random(seed, (long)m * heads * headSize, 4),
            K = Oracle.Random(seed + 1, (long)n * kvHeads * headSize, 3),
            V = Oracle.Random(seed + 2, (long)n * kvHeads * headSize),
            Bias = bias ? Oracle.Random(seed + 3, n, 2) : [],
        };

    /// <summary>The problem as the kernels see it, keys and values in a cache of exactly N slots.</summary>
    public AttentionInput Input() => Input(KeyValues.Cache(K, V, N, KvHeads, N, HeadSize));

    /// <summary>The problem with keys and values laid out otherwise.</summary>
    public AttentionInput Input(KeyValues keyValues) => new()
    {
        Queries = Q,
        QueryCount = M,
        Heads = Heads,
        KeyValues = keyValues,
        Scale = Scale,
        Causal = Causal,
        KeyBias = Bias,
    };
}
