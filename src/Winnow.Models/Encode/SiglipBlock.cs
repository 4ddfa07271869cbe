using System.Numerics.Tensors;
using Winnow.Models.Configuration;
using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Models.Encode;

/// <summary>One block of the tower: <c>x += attention(norm(x)); x += mlp(norm(x))</c>.</summary>
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
        Span<float> normed = arena.Rent(x.Length);
        _firstNorm.Apply(_compute, x, _config.Tokens, normed);
        Attend(normed, keys, received, x, arena);
        _secondNorm.Apply(_compute, x, _config.Tokens, normed);
        _mlp.AddTo(_compute, normed, _config.Tokens, x, arena);
    }

    private void Attend(ReadOnlySpan<float> normed, Span<float> keys, Span<float> received, Span<float> sum, ActivationArena arena)
    {
        using ActivationArena.Scope scope = arena.Enter();
        int tokens = _config.Tokens;
        Span<float> q = arena.Rent(normed.Length), k = arena.Rent(normed.Length), v = arena.Rent(normed.Length);
        Span<float> attended = arena.Rent(normed.Length);
        _query.Apply(_compute, normed, tokens, q);
        _key.Apply(_compute, normed, tokens, k);
        _value.Apply(_compute, normed, tokens, v);
        var input = new AttentionInput
        {
            Queries = q,
            QueryCount = tokens,
            Heads = _config.Heads,
            KeyValues = KeyValues.Tokens(k, v, tokens, _config.Heads, _config.HeadWidth),
            Scale = 1 / MathF.Sqrt(_config.HeadWidth),
            Causal = false,
        };
        Span<float> logSums = received.IsEmpty ? default : arena.Rent(tokens * _config.Heads);
        Attention.Apply(_compute, input, attended, logSums);
        _output.Apply(_compute, attended, tokens, sum, Epilogue.Accumulate);
        if (!received.IsEmpty)
            MeanReceived(input, logSums, received, arena);
        if (!keys.IsEmpty)
            k.CopyTo(keys);
    }

    private void MeanReceived(AttentionInput input, ReadOnlySpan<float> logSums, Span<float> received, ActivationArena arena)
    {
        int tokens = _config.Tokens;
        Span<float> sums = arena.Rent(tokens * _config.Heads);
        Attention.ColumnSums(_compute, input, logSums, 0, tokens, sums);
        received.Clear();
        for (int head = 0; head < _config.Heads; head++)
            TensorPrimitives.Add(received, sums.Slice(head * tokens, tokens), received);
        TensorPrimitives.Divide(received, (float)tokens * _config.Heads, received);
    }
}
