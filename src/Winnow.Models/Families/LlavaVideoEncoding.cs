using System.Buffers;
using Winnow.Models.Configuration;
using Winnow.Models.Encode;
using Winnow.Numerics;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Models.Families;

/// <summary>Encodes a video for LLaVA-OneVision: each frame through tower, projector and pooling.</summary>
internal sealed class LlavaVideoEncoding : IVideoEncoding
{
    private readonly SiglipEncoder _tower;
    private readonly Projector _projector;
    private readonly SpatialPooling _pooling;
    private readonly SiglipPoolingHead? _head;
    private readonly ActivationArena _arena = new();
    private readonly TowerRecord _record;
    private readonly TowerFeatures _features;
    private readonly ArrayBufferWriter<float> _tokens = new();
    private readonly Dictionary<SignalRequest, FrameSignal> _signals = [];
    private readonly bool _wantsImageEmbeddings;
    private HeadOutput? _headOutput;
    private int _frames;

    public LlavaVideoEncoding(
        LlavaOneVisionConfig config,
        SiglipEncoder tower,
        Projector projector,
        SpatialPooling pooling,
        SiglipPoolingHead? head,
        IEnumerable<SignalRequest> signals)
    {
        (_tower, _projector, _pooling, _head) = (tower, projector, pooling, head);
        _record = new TowerRecord(tower.Config);
        _features = new TowerFeatures(_record, config.FeatureLayers);
        foreach (SignalRequest request in signals)
            if (request.Kind == Signal.ImageEmbeddings)
                _wantsImageEmbeddings = true;
            else
                _signals.TryAdd(request, Gather(request));
    }

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<float> pixels)
    {
        _tower.Encode(pixels, _record, _arena);
        _features.Update();
        using ActivationArena.Scope scope = _arena.Enter();
        Span<float> projected = _arena.Rent(_tower.Config.Tokens * _projector.Width);
        _projector.Apply(_features.Values, _tower.Config.Tokens, projected, _arena);
        int pooled = _pooling.Tokens * _projector.Width;
        _pooling.Apply(projected, _projector.Width, _tokens.GetSpan(pooled)[..pooled]);
        _tokens.Advance(pooled);
        _headOutput?.Update(_head!, _arena);
        foreach (FrameSignal signal in _signals.Values)
            signal.AddFrame();
        _frames++;
    }

    /// <inheritdoc/>
    public EncodedVideo Complete()
    {
        if (_frames == 0)
            throw new WinnowException("The video has no frames; at least one is needed.");
        var grid = new TokenGrid(_frames, _pooling.Side, _pooling.Side);
        var features = new TokenMatrix(_tokens.WrittenMemory, _projector.Width);
        Dictionary<SignalRequest, SignalValue> signals = _signals.ToDictionary(pair => pair.Key, pair => pair.Value.Build(grid));
        if (_wantsImageEmbeddings)
        {
            var embeddings = new SignalValue(features.Values, grid.Frames, grid.TokensPerFrame, features.Dimension);
            signals.Add(new SignalRequest(Signal.ImageEmbeddings), embeddings);
        }
        return new EncodedVideo(features, grid, signals);
    }

    /// <inheritdoc/>
    public void Dispose() => _arena.Dispose();

    private FrameSignal Gather(SignalRequest request) => request.Kind switch
    {
        Signal.ReceivedAttention => new FrameSignal(_record.ReceivedAttention(request.Layer), _pooling),
        Signal.EncoderKeys => new FrameSignal(_record.Keys(request.Layer), _pooling),
        Signal.EncoderFeatures => new FrameSignal(_features.Values, _pooling),
        Signal.PoolingAttention => new FrameSignal(OutputOfHead(request).Saliency, _pooling),
        Signal.FrameEmbeddings => new FrameSignal(OutputOfHead(request).Embedding, null),
        Signal.TextEmbeddings => throw new WinnowException(
            "TextEmbeddings belong to the question, not to the video; take them from EmbedQuestion."),
        _ => throw new WinnowException(
            $"This model has no {request.Kind}: SigLIP has no class token. Use a method that asks for ReceivedAttention, or one that takes it "
            + "as a substitute."),
    };

    private HeadOutput OutputOfHead(SignalRequest request) => _head is null
        ? throw new WinnowException(
            $"This model has no {request.Kind}: its folder holds no pooling head. Give the weights of the tower's original model "
            + "(google/siglip-so400m-patch14-384) as pooling head.")
        : _headOutput ??= new HeadOutput(_tower.Config, _record.State(-1));

    /// <summary>What the pooling head says of the last frame.</summary>
    private sealed class HeadOutput(SiglipConfig config, float[] towerOutput)
    {
        private readonly float[] _attention = new float[config.Heads * config.Tokens];

        public float[] Saliency { get; } = new float[config.Tokens];

        public float[] Embedding { get; } = new float[config.Width];

        public void Update(SiglipPoolingHead head, ActivationArena arena)
        {
            head.Apply(towerOutput, default, _attention, Embedding, arena);
            head.MeanOverHeads(_attention, Saliency);
        }
    }
}
