using System.Numerics.Tensors;
using Winnow.Models.Configuration;
using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Models.Prefill;

/// <summary>One layer of the decoder: <c>h += attention(norm(h)); h += down(silu(gate(m)) * up(m))</c> with <c>m = norm(h)</c>.</summary>
internal sealed class DecoderLayer
{
    private readonly Qwen2Config _config;
    private readonly Compute _compute;
    private readonly RmsNorm _attentionNorm;
    private readonly RmsNorm _mlpNorm;
    private readonly JoinedLinear _queryKeyValue;
    private readonly Linear _output;
    private readonly WeightMatrix _gate;
    private readonly WeightMatrix _up;
    private readonly Linear _down;

    public DecoderLayer(Qwen2Config config, IWeightSource weights, int layer, Compute compute)
    {
        (_config, _compute) = (config, compute);
        string name = $"text.layers.{layer}";
        (int width, int queries, int keys) = (config.Width, config.Heads * config.HeadWidth, config.KeyValueHeads * config.HeadWidth);
        _attentionNorm = new RmsNorm(weights, $"{name}.input_layernorm.weight", width, config.NormEpsilon);
        _mlpNorm = new RmsNorm(weights, $"{name}.post_attention_layernorm.weight", width, config.NormEpsilon);
        _queryKeyValue = JoinedLinear.Load(
            weights, width,
            ($"{name}.self_attn.q_proj", queries), ($"{name}.self_attn.k_proj", keys), ($"{name}.self_attn.v_proj", keys));
        _output = Linear.Load(weights, $"{name}.self_attn.o_proj", width, queries, bias: false);
        _gate = weights.Matrix($"{name}.mlp.gate_proj.weight", config.MlpWidth, width);
        _up = weights.Matrix($"{name}.mlp.up_proj.weight", config.MlpWidth, width);
        _down = Linear.Load(weights, $"{name}.mlp.down_proj", width, config.MlpWidth, bias: false);
    }

    /// <summary>Runs the layer over one piece of the rows, in place; the pieces before it must have passed.</summary>
    /// <param name="h">The piece's rows, <c>[Count, Width]</c>.</param>
    /// <param name="piece">Which rows, and their angles.</param>
    /// <param name="cache">Keys and values of the rows before; receives those of the piece.</param>
    /// <param name="wanted">Attention rows to note; null for none.</param>
    /// <param name="arena">Scratch memory.</param>
    public void Run(Span<float> h, RowPiece piece, LayerCache cache, AttentionRows? wanted, ActivationArena arena)
    {
        RunAttention(h, piece, cache, wanted, null, arena);
        RunMlp(h, piece, null, arena);
    }

    /// <summary>The first half of the layer: attention and its residual.</summary>
    /// <inheritdoc cref="Run"/>
    /// <param name="h">The piece's rows, <c>[Count, Width]</c>.</param>
    /// <param name="piece">Which rows, and their angles.</param>
    /// <param name="cache">Keys and values of the rows before; receives those of the piece.</param>
    /// <param name="wanted">Attention rows to note; null for none.</param>
    /// <param name="watch">What a method wants to see; null for nothing.</param>
    /// <param name="arena">Scratch memory.</param>
    /// <param name="hidden">Cached rows that are not looked at, ascending.</param>
    public void RunAttention(
        Span<float> h, RowPiece piece, LayerCache cache,
        AttentionRows? wanted, LayerWatch? watch, ActivationArena arena, ReadOnlySpan<int> hidden = default)
    {
        using ActivationArena.Scope scope = arena.Enter();
        int queries = piece.Count * _config.Heads * _config.HeadWidth, keys = piece.Count * _config.KeyValueHeads * _config.HeadWidth;
        Span<float> normed = arena.Rent(h.Length), projected = arena.Rent(queries + 2 * keys);
        _attentionNorm.Apply(_compute, h, piece.Count, normed);
        _queryKeyValue.Apply(_compute, normed, piece.Count, projected, ..);
        Remember(projected[queries..], piece, cache, watch);
        KeyValues cached = hidden.IsEmpty ? cache.View : cache.Without(hidden, arena);
        Attend(normed, projected[..queries], piece, cached, wanted, watch, h, arena);
    }

    /// <summary>The second half of the layer: MLP and its residual.</summary>
    /// <param name="h">The piece's rows, <c>[Count, Width]</c>.</param>
    /// <param name="piece">Which rows.</param>
    /// <param name="watch">What a method wants to see; null for nothing.</param>
    /// <param name="arena">Scratch memory.</param>
    public void RunMlp(Span<float> h, RowPiece piece, LayerWatch? watch, ActivationArena arena)
    {
        using ActivationArena.Scope scope = arena.Enter();
        Span<float> normed = arena.Rent(h.Length), inner = arena.Rent(piece.Count * _config.MlpWidth);
        _mlpNorm.Apply(_compute, h, piece.Count, normed);
        MatMul.MultiplySwiGlu(_compute, normed, piece.Count, _gate, _up, inner);
        Add(_down, inner, normed, piece, watch, ofMlp: true, h, arena);
    }

    /// <summary>Queries and keys that this layer would compute for rows in front of it; nothing is cached.</summary>
    /// <param name="h">The piece's rows, <c>[Count, Width]</c>.</param>
    /// <param name="piece">Which rows, and their angles.</param>
    /// <param name="capture">Receives them.</param>
    /// <param name="arena">Scratch memory.</param>
    public void Project(ReadOnlySpan<float> h, RowPiece piece, AttentionCapture capture, ActivationArena arena)
    {
        using ActivationArena.Scope scope = arena.Enter();
        int queries = piece.Count * _config.Heads * _config.HeadWidth, keys = piece.Count * _config.KeyValueHeads * _config.HeadWidth;
        Span<float> normed = arena.Rent(h.Length), projected = arena.Rent(queries + keys);
        _attentionNorm.Apply(_compute, h, piece.Count, normed);
        _queryKeyValue.Apply(_compute, normed, piece.Count, projected, ..2);
        Span<float> q = projected[..queries], k = projected[queries..];
        capture.NoteQueries(q, piece.First, rotated: false);
        capture.NoteKeys(k, piece.First, rotated: false);
        piece.Rotary.Apply(_compute, q, _config.Heads);
        piece.Rotary.Apply(_compute, k, _config.KeyValueHeads);
        capture.NoteQueries(q, piece.First, rotated: true);
        capture.NoteKeys(k, piece.First, rotated: true);
    }

    /// <summary>Runs the layer for rows whose results nobody reads: what remains of them is their keys and values.</summary>
    /// <inheritdoc cref="Run"/>
    public void RunForCache(ReadOnlySpan<float> h, RowPiece piece, LayerCache cache, ActivationArena arena)
    {
        using ActivationArena.Scope scope = arena.Enter();
        Span<float> normed = arena.Rent(h.Length), projected = arena.Rent(2 * piece.Count * _config.KeyValueHeads * _config.HeadWidth);
        _attentionNorm.Apply(_compute, h, piece.Count, normed);
        _queryKeyValue.Apply(_compute, normed, piece.Count, projected, 1..);
        Remember(projected, piece, cache, null);
    }

    /// <summary>Turns the keys, which come before the values, and appends both to the cache.</summary>
    private void Remember(Span<float> keysAndValues, RowPiece piece, LayerCache cache, LayerWatch? watch)
    {
        Span<float> k = keysAndValues[..(keysAndValues.Length / 2)], v = keysAndValues[k.Length..];
        watch?.NoteKeys(k, piece.First, rotated: false);
        piece.Rotary.Apply(_compute, k, _config.KeyValueHeads);
        cache.Append(k, v, piece.Count);
    }

    private void Attend(
        ReadOnlySpan<float> normed, Span<float> q, RowPiece piece, KeyValues cached,
        AttentionRows? wanted, LayerWatch? watch, Span<float> sum, ActivationArena arena)
    {
        using ActivationArena.Scope scope = arena.Enter();
        Span<float> attended = arena.Rent(q.Length);
        watch?.NoteQueries(q, piece.First, rotated: false);
        piece.Rotary.Apply(_compute, q, _config.Heads);
        watch?.NoteQueries(q, piece.First, rotated: true);
        var input = new AttentionInput
        {
            Queries = q,
            QueryCount = piece.Count,
            Heads = _config.Heads,
            KeyValues = cached,
            Scale = 1 / MathF.Sqrt(_config.HeadWidth),
            Causal = true,
        };
        Attention.Apply(_compute, input, attended);
        wanted?.Note(_compute, input, piece.First);
        Add(_output, attended, normed, piece, watch, ofMlp: false, sum, arena);
    }

    /// <summary>Adds a block's output to the rows; where a method wants to see it, it is computed apart first.</summary>
    private void Add(
        Linear last, ReadOnlySpan<float> inner, ReadOnlySpan<float> input, RowPiece piece,
        LayerWatch? watch, bool ofMlp, Span<float> sum, ActivationArena arena)
    {
        if (watch?.Transitions is null)
        {
            last.Apply(_compute, inner, piece.Count, sum, Epilogue.Accumulate);
            return;
        }
        using ActivationArena.Scope scope = arena.Enter();
        Span<float> output = arena.Rent(sum.Length);
        last.Apply(_compute, inner, piece.Count, output);
        watch.NoteTransition(input, output, piece.First, piece.Count, ofMlp);
        TensorPrimitives.Add(sum, output, sum);
    }
}
