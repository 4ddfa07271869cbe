namespace Winnow.Numerics.Benchmarks;

/// <summary>One transformer layer on random int8 weights, as the models run it: what a whole prefill consists of.</summary>
internal sealed class Layers
{
    private readonly int _rows;
    private readonly int _width;
    private readonly int _hidden;
    private readonly int _heads;
    private readonly int _kvHeads;
    private readonly int _headSize;
    private readonly bool _decoder;
    private readonly WeightMatrix[] _weights;
    private readonly RotaryTable _rotary;
    private readonly float[] _norm;
    private readonly ActivationArena _arena = new();

    private Layers(Compute compute, int rows, int width, int hidden, int heads, int kvHeads, int headSize, bool decoder)
    {
        (_rows, _width, _hidden, _heads, _kvHeads, _headSize, _decoder) = (rows, width, hidden, heads, kvHeads, headSize, decoder);
        _rotary = new RotaryTable([.. Enumerable.Range(0, rows)], headSize, 1e6);
        _norm = RandomValues.Create(9, width);
        (int Outputs, int Inputs)[] shapes =
        [
            (heads * headSize, width), (kvHeads * headSize, width), (kvHeads * headSize, width), (width, heads * headSize),
            (hidden, width), (hidden, width), (width, hidden),
        ];
        _weights = [.. shapes.Select((shape, i) => RandomValues.Weights(i, shape.Outputs, shape.Inputs).Quantize(compute))];
    }

    /// <summary>Operations of the layer: its linear products, and for the tower attention too (as the targets count them).</summary>
    public double Operations =>
        (2.0 * _rows * _width * ((2 * _heads * _headSize) + (2 * _kvHeads * _headSize) + ((_decoder ? 3 : 2) * _hidden)))
        + (_decoder ? 0 : 4.0 * _rows * _rows * _heads * _headSize);

    public static Layers Decoder(Compute compute, int rows) => new(compute, rows, 896, 4864, 14, 2, 64, decoder: true);

    public static Layers Tower(Compute compute) => new(compute, 729, 1152, 4304, 16, 16, 72, decoder: false);

    public void Run(Compute compute)
    {
        using ActivationArena.Scope scope = _arena.Enter();
        Span<float> state = _arena.Rent(_rows * _width);
        Span<float> normed = _arena.Rent(_rows * _width);
        Span<float> queries = _arena.Rent(_rows * _heads * _headSize);
        Span<float> keys = _arena.Rent(_rows * _kvHeads * _headSize);
        Span<float> values = _arena.Rent(_rows * _kvHeads * _headSize);
        Span<float> mixed = _arena.Rent(_rows * _heads * _headSize);
        Span<float> hidden = _arena.Rent(_rows * _hidden);
        state.Fill(0.5f);

        Normalize(compute, state, normed);
        MatMul.Multiply(compute, normed, _rows, _weights[0], default, queries);
        MatMul.Multiply(compute, normed, _rows, _weights[1], default, keys);
        MatMul.Multiply(compute, normed, _rows, _weights[2], default, values);
        if (_decoder)
        {
            _rotary.Apply(compute, queries, _heads);
            _rotary.Apply(compute, keys, _kvHeads);
        }

        AttentionInput input = new()
        {
            Queries = queries,
            QueryCount = _rows,
            Heads = _heads,
            KeyValues = KeyValues.Tokens(keys, values, _rows, _kvHeads, _headSize),
            Scale = 1 / MathF.Sqrt(_headSize),
            Causal = _decoder,
        };
        Attention.Apply(compute, input, mixed);
        MatMul.Multiply(compute, mixed, _rows, _weights[3], default, state, Epilogue.Accumulate);

        Normalize(compute, state, normed);
        if (_decoder)
        {
            MatMul.MultiplySwiGlu(compute, normed, _rows, _weights[4], _weights[5], hidden);
        }
        else
        {
            MatMul.Multiply(compute, normed, _rows, _weights[4], default, hidden, Epilogue.GeluTanh);
        }

        MatMul.Multiply(compute, hidden, _rows, _weights[6], default, state, Epilogue.Accumulate);
    }

    private void Normalize(Compute compute, Span<float> x, Span<float> y)
    {
        if (_decoder)
        {
            Normalization.RmsNorm(compute, x, _rows, _width, _norm, 1e-6f, y);
        }
        else
        {
            Normalization.LayerNorm(compute, x, _rows, _width, _norm, _norm, 1e-6f, y);
        }
    }
}
