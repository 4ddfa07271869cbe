using System.Numerics.Tensors;
using Winnow.Models.Configuration;
using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Models.Encode;

/// <summary>
/// One block of the tower: <c>x += attention(norm(x)); x += mlp(norm(x))</c>, whole or in the parts that reduced frames need.
/// </summary>
internal sealed class SiglipBlock
{
    private readonly SiglipConfig _config;
    private readonly Compute _compute;
    private readonly LayerNorm _firstNorm;
    private readonly LayerNorm _secondNorm;
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _output;
    private readonly SiglipMlp _mlp;

    public SiglipBlock(SiglipConfig config, IWeightSource weights, int layer, Compute compute)
    {
        (_config, _compute) = (config, compute);
        string name = $"vision.encoder.layers.{layer}";
        _firstNorm = new LayerNorm(weights, $"{name}.layer_norm1", config.Width, config.NormEpsilon);
        _secondNorm = new LayerNorm(weights, $"{name}.layer_norm2", config.Width, config.NormEpsilon);
        _query = Linear.Load(weights, $"{name}.self_attn.q_proj", config.Width, config.Width, bias: true);
        _key = Linear.Load(weights, $"{name}.self_attn.k_proj", config.Width, config.Width, bias: true);
        _value = Linear.Load(weights, $"{name}.self_attn.v_proj", config.Width, config.Width, bias: true);
        _output = Linear.Load(weights, $"{name}.self_attn.out_proj", config.Width, config.Width, bias: true);
        _mlp = new SiglipMlp(config, weights, $"{name}.mlp");
    }

    /// <summary>Runs the block over one frame, in place.</summary>
    /// <param name="x"><c>[Tokens, Width]</c>.</param>
    /// <param name="keys">Empty, or <c>[Tokens, Width]</c>: receives the keys.</param>
    /// <param name="received">Empty, or <c>[Tokens]</c>: receives the attention that each token gets, mean over heads and queries.</param>
    /// <param name="arena">Scratch memory.</param>
    public void Run(Span<float> x, Span<float> keys, Span<float> received, ActivationArena arena)
    {
        using ActivationArena.Scope scope = arena.Enter();
        Span<float> normed = arena.Rent(x.Length), q = arena.Rent(x.Length), k = arena.Rent(x.Length), v = arena.Rent(x.Length);
        Normalize(x, normed);
        Queries(normed, q);
        Keys(normed, k);
        Values(normed, v);
        Span<float> attended = normed;
        Look(Input(q, k, v), attended, received, arena);
        AddProjected(attended, x);
        if (!keys.IsEmpty)
            k.CopyTo(keys);
        AddMlp(x, arena);
    }

    /// <summary>The norm before the attention: <c>[rows, Width]</c> to the same.</summary>
    public void Normalize(ReadOnlySpan<float> x, Span<float> normed) => _firstNorm.Apply(_compute, x, Rows(x), normed);

    /// <summary>Queries of normed rows.</summary>
    public void Queries(ReadOnlySpan<float> normed, Span<float> queries) => _query.Apply(_compute, normed, Rows(normed), queries);

    /// <summary>Keys of normed rows.</summary>
    public void Keys(ReadOnlySpan<float> normed, Span<float> keys) => _key.Apply(_compute, normed, Rows(normed), keys);

    /// <summary>Values of normed rows.</summary>
    public void Values(ReadOnlySpan<float> normed, Span<float> values) => _value.Apply(_compute, normed, Rows(normed), values);

    /// <summary>An attention of some rows that look at others, which may be the same.</summary>
    public AttentionInput Input(
        ReadOnlySpan<float> queries, ReadOnlySpan<float> keys, ReadOnlySpan<float> values, ReadOnlySpan<float> keyBias = default) => new()
        {
            Queries = queries,
            QueryCount = Rows(queries),
            Heads = _config.Heads,
            KeyValues = KeyValues.Tokens(keys, values, Rows(keys), _config.Heads, _config.HeadWidth),
            Scale = 1 / MathF.Sqrt(_config.HeadWidth),
            Causal = false,
            KeyBias = keyBias,
        };

    /// <summary>Attention and output projection of the rows that look, without their residual.</summary>
    /// <param name="input">The attention.</param>
    /// <param name="output"><c>[queries, Width]</c>.</param>
    /// <param name="received">Empty, or <c>[keys]</c>: receives the attention that each key gets, mean over heads and queries.</param>
    /// <param name="arena">Scratch memory.</param>
    public void AttendAlone(AttentionInput input, Span<float> output, Span<float> received, ActivationArena arena)
    {
        using ActivationArena.Scope scope = arena.Enter();
        Span<float> attended = arena.Rent(output.Length);
        Look(input, attended, received, arena);
        _output.Apply(_compute, attended, input.QueryCount, output);
    }

    /// <summary>Attention of the rows that look, without output projection.</summary>
    /// <param name="input">The attention.</param>
    /// <param name="attended"><c>[queries, Width]</c>.</param>
    /// <param name="received">Empty, or <c>[keys]</c>: receives the attention that each key gets, mean over heads and queries.</param>
    /// <param name="arena">Scratch memory.</param>
    public void Look(AttentionInput input, Span<float> attended, Span<float> received, ActivationArena arena)
    {
        using ActivationArena.Scope scope = arena.Enter();
        Span<float> logSums = received.IsEmpty ? default : arena.Rent(input.QueryCount * _config.Heads);
        Attention.Apply(_compute, input, attended, logSums);
        if (!received.IsEmpty)
            MeanReceived(input, logSums, received, arena);
    }

    /// <summary>Adds the output projection of what <see cref="Look"/> gave to the rows that look.</summary>
    public void AddProjected(ReadOnlySpan<float> attended, Span<float> sum) =>
        _output.Apply(_compute, attended, Rows(attended), sum, Epilogue.Accumulate);

    /// <summary>Adds the MLP of the normed rows to the rows.</summary>
    public void AddMlp(Span<float> x, ActivationArena arena) => AddMlpOf(x, x, arena);

    /// <summary>Adds the MLP of some rows, after the norm before it, to others.</summary>
    /// <param name="x"><c>[rows, Width]</c>.</param>
    /// <param name="sum"><c>[rows, Width]</c>; may be the rows themselves.</param>
    /// <param name="arena">Scratch memory.</param>
    public void AddMlpOf(ReadOnlySpan<float> x, Span<float> sum, ActivationArena arena)
    {
        using ActivationArena.Scope scope = arena.Enter();
        Span<float> normed = arena.Rent(x.Length);
        _secondNorm.Apply(_compute, x, Rows(x), normed);
        _mlp.AddTo(_compute, normed, Rows(x), sum, arena);
    }

    private void MeanReceived(AttentionInput input, ReadOnlySpan<float> logSums, Span<float> received, ActivationArena arena)
    {
        (int queries, int keys) = (input.QueryCount, input.KeyValues.Count);
        Span<float> sums = arena.Rent(keys * _config.Heads);
        Attention.ColumnSums(_compute, input, logSums, 0, queries, sums);
        received.Clear();
        for (int head = 0; head < _config.Heads; head++)
            TensorPrimitives.Add(received, sums.Slice(head * keys, keys), received);
        TensorPrimitives.Divide(received, (float)queries * _config.Heads, received);
    }

    private int Rows(ReadOnlySpan<float> x) => x.Length / _config.Width;
}
