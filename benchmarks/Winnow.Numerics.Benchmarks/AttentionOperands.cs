namespace Winnow.Numerics.Benchmarks;

/// <summary>Random queries, keys and values of one attention, token-major.</summary>
internal sealed class AttentionOperands(int tokens, int heads, int kvHeads, int headSize, bool causal)
{
    private readonly float[] _queries = RandomValues.Create(1, (long)tokens * heads * headSize);
    private readonly float[] _keys = RandomValues.Create(2, (long)tokens * kvHeads * headSize);
    private readonly float[] _values = RandomValues.Create(3, (long)tokens * kvHeads * headSize);
    private readonly float[] _output = new float[tokens * heads * headSize];

    /// <summary>Operations that count: two per multiplication, and under a causal mask half of them.</summary>
    public double Operations => 4.0 * tokens * tokens * heads * headSize * (causal ? 0.5 : 1);

    public void Apply(Compute compute) => Attention.Apply(
        compute,
        new AttentionInput
        {
            Queries = _queries,
            QueryCount = tokens,
            Heads = heads,
            KeyValues = KeyValues.Tokens(_keys, _values, tokens, kvHeads, headSize),
            Scale = 1 / MathF.Sqrt(headSize),
            Causal = causal,
        },
        _output);
}
