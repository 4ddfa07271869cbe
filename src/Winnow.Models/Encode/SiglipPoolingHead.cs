using System.Numerics.Tensors;
using Winnow.Models.Configuration;
using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Models.Encode;

/// <summary>
/// SigLIP's attention pooling: a learned probe looks at a frame's tokens. What it looks at is their saliency; what it gathers is the
/// frame's embedding.
/// </summary>
/// <remarks>
/// No LLaVA checkpoint holds it; it is taken, with the norm before it, from the tower's original file, such as
/// <c>google/siglip-so400m-patch14-384</c>.
/// </remarks>
public sealed class SiglipPoolingHead
{
    private const string ProbeName = "vision.head.probe";
    private readonly SiglipConfig _config;
    private readonly Compute _compute;
    private readonly LayerNorm _norm;
    private readonly LayerNorm _headNorm;
    private readonly float[] _query;
    private readonly WeightMatrix _keyValueWeight;
    private readonly float[] _keyValueBias;
    private readonly Linear _output;
    private readonly SiglipMlp _mlp;

    /// <summary>Takes the weights (<c>vision.post_layernorm</c> and names beginning with <c>vision.head.</c>).</summary>
    /// <exception cref="WinnowException">A weight is missing or has another shape.</exception>
    public SiglipPoolingHead(SiglipConfig config, IWeightSource weights, Compute compute)
    {
        (_config, _compute) = (config, compute);
        int width = config.Width;
        _norm = new LayerNorm(weights, "vision.post_layernorm", width, config.NormEpsilon);
        _headNorm = new LayerNorm(weights, "vision.head.layernorm", width, config.NormEpsilon);
        _output = Linear.Load(weights, "vision.head.attention.out_proj", width, width, bias: true);
        _mlp = new SiglipMlp(config, weights, "vision.head.mlp");

        // One stored matrix projects to queries, keys and values, in this order. The only query is the probe's, the same for every frame.
        WeightMatrix projection = weights.Table("vision.head.attention.in_proj_weight", 3 * width, width);
        float[] bias = weights.Values("vision.head.attention.in_proj_bias", 3 * width);
        (_keyValueWeight, _keyValueBias) = (Rows(projection, width, 2 * width), bias[width..]);
        _query = new float[width];
        MatMul.Multiply(compute, weights.Values(ProbeName, 1, 1, width), 1, Rows(projection, 0, width), bias[..width], _query);
    }

    /// <summary>The head among those weights; null where there is none.</summary>
    /// <exception cref="WinnowException">A part of it is missing or has another shape.</exception>
    public static SiglipPoolingHead? Find(SiglipConfig config, IWeightSource weights, Compute compute) =>
        weights.Has(ProbeName) ? new SiglipPoolingHead(config, weights, compute) : null;

    /// <summary>Applies norm and head to the tower's output of one frame.</summary>
    /// <param name="features"><c>[Tokens, Width]</c>: the tower's last state.</param>
    /// <param name="normed">Empty, or <c>[Tokens, Width]</c>: receives the features after the norm.</param>
    /// <param name="attention"><c>[Heads, Tokens]</c>: receives the probe's attention; each head sums to 1.</param>
    /// <param name="embedding"><c>[Width]</c>: receives the frame's embedding.</param>
    /// <param name="arena">Scratch memory.</param>
    public void Apply(ReadOnlySpan<float> features, Span<float> normed, Span<float> attention, Span<float> embedding, ActivationArena arena)
    {
        using ActivationArena.Scope scope = arena.Enter();
        (int tokens, int width) = (_config.Tokens, _config.Width);
        Span<float> z = normed.IsEmpty ? arena.Rent(tokens * width) : normed;
        _norm.Apply(_compute, features, tokens, z);

        Span<float> keyValues = arena.Rent(tokens * 2 * width), attended = arena.Rent(width);
        MatMul.Multiply(_compute, z, tokens, _keyValueWeight, _keyValueBias, keyValues);
        var input = new AttentionInput
        {
            Queries = _query,
            QueryCount = 1,
            Heads = _config.Heads,
            KeyValues = KeyValues.Tokens(keyValues, keyValues[width..], tokens, _config.Heads, _config.HeadWidth, 2 * width),
            Scale = 1 / MathF.Sqrt(_config.HeadWidth),
            Causal = false,
        };
        Attention.Apply(_compute, input, attended);
        Attention.Rows(_compute, input, [0], attention);

        _output.Apply(_compute, attended, 1, embedding);
        _headNorm.Apply(_compute, embedding, 1, attended);
        _mlp.AddTo(_compute, attended, 1, embedding, arena);
    }

    /// <summary>Mean over the heads of <see cref="Apply"/>'s attention.</summary>
    /// <param name="attention"><c>[Heads, Tokens]</c>.</param>
    /// <param name="saliency"><c>[Tokens]</c>; sums to 1.</param>
    public void MeanOverHeads(ReadOnlySpan<float> attention, Span<float> saliency)
    {
        saliency.Clear();
        for (int head = 0; head < _config.Heads; head++)
            TensorPrimitives.Add(saliency, attention.Slice(head * _config.Tokens, _config.Tokens), saliency);
        TensorPrimitives.Divide(saliency, (float)_config.Heads, saliency);
    }

    /// <summary>Some rows of a matrix, in place.</summary>
    private static unsafe WeightMatrix Rows(WeightMatrix matrix, int first, int count)
    {
        byte* data = (byte*)matrix.Data + matrix.DataBytes / matrix.Rows * first;
        return WeightMatrix.FromMemory(matrix.Type, count, matrix.Columns, data, matrix);
    }
}
