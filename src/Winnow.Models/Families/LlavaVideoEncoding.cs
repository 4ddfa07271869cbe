using System.Buffers;
using Winnow.Models.Configuration;
using Winnow.Models.Encode;
using Winnow.Models.Encode.Passes;
using Winnow.Numerics;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Models.Families;

/// <summary>Encodes a video for LLaVA-OneVision: each frame through tower, projector and pooling.</summary>
internal sealed class LlavaVideoEncoding : IVideoEncoding, ITowerSink
{
    private readonly SiglipEncoder _tower;
    private readonly Projector _projector;
    private readonly SpatialPooling _pooling;
    private readonly SiglipPoolingHead? _head;
    private readonly ActivationArena _arena = new();
    private readonly TowerRecord _record;
    private readonly TowerFeatures _features;
    private readonly ITowerPass _pass;
    private readonly ArrayBufferWriter<float> _tokens = new();
    private readonly Dictionary<SignalRequest, FrameSignal> _signals = [];
    private readonly Dictionary<SignalRequest, AttentionMaps> _maps = [];
    private readonly PixelBlocks? _pixels;
    private readonly SensitivityProbe? _sensitivity;
    private readonly List<int> _absent = [];
    private readonly List<int>? _patchRows;
    private readonly bool _wantsImageEmbeddings;
    private readonly float[] _grid;
    private float[] _projected = [];
    private HeadOutput? _headOutput;
    private int _frames;
    private int _firstRow;
    private int _rows;

    public LlavaVideoEncoding(
        LlavaOneVisionConfig config,
        SiglipEncoder tower,
        Projector projector,
        SpatialPooling pooling,
        SiglipPoolingHead? head,
        IEnumerable<SignalRequest> signals,
        EncoderReduction reduction,
        PixelSettings pixels)
    {
        (_tower, _projector, _pooling, _head) = (tower, projector, pooling, head);
        _record = new TowerRecord(tower.Config);
        _features = new TowerFeatures(_record, config.FeatureLayers);
        _grid = new float[tower.Config.Tokens * projector.Width];
        foreach (SignalRequest request in signals)
            switch (request.Kind)
            {
                case Signal.ImageEmbeddings:
                    _wantsImageEmbeddings = true;
                    break;
                case Signal.Pixels:
                    _pixels ??= new PixelBlocks(pixels, pooling.Side);
                    break;
                case Signal.ProjectorSensitivity:
                    _sensitivity ??= new SensitivityProbe(projector, tower.Compute, tower.Config.Tokens);
                    _signals.TryAdd(request, new FrameSignal(_sensitivity.Values, pooling));
                    break;
                case Signal.AttentionMap:
                    _maps.TryAdd(request, new AttentionMaps(tower, _record, request.Layer, pooling, _arena));
                    break;
                default:
                    _signals.TryAdd(request, Gather(request));
                    break;
            }
        _patchRows = reduction.IsNone ? null : [];
        _pass = Pass(reduction, pixels.Deviation);
    }

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<float> pixels)
    {
        _pass.Add(pixels, this);
        _pixels?.Add(pixels);
    }

    void ITowerSink.Rows(ReadOnlySpan<float> features)
    {
        int rows = features.Length / _projector.InputWidth, length = rows * _projector.Width;
        (_firstRow, _rows) = (_firstRow + _rows, rows);
        if (_projected.Length < length)
            _projected = new float[length];
        if (rows > 0)
            _projector.Apply(features, rows, _projected.AsSpan(0, length), _arena);
    }

    void ITowerSink.Frame(ReadOnlySpan<int> rows)
    {
        foreach (int row in rows)
            _patchRows?.Add(row < 0 ? row : _firstRow + row);
        int width = _projector.Width, pooled = _pooling.Tokens * width;
        for (int place = 0; place < rows.Length; place++)
            if (rows[place] >= 0)
                _projected.AsSpan(rows[place] * width, width).CopyTo(_grid.AsSpan(place * width));
        GridGaps.Fill(_grid, rows, _tower.Config.GridSide);
        Span<float> tokens = _tokens.GetSpan(pooled)[..pooled];
        if (rows.Contains(ITowerSink.Absent))
            PoolWithGaps(rows, tokens);
        else
            _pooling.Apply(_grid, width, tokens);
        _tokens.Advance(pooled);
        _headOutput?.Update(_head!, _arena);
        _sensitivity?.Update(_features.Values, _arena);
        foreach (AttentionMaps maps in _maps.Values)
            maps.AddFrame();
        foreach (FrameSignal signal in _signals.Values)
            signal.AddFrame();
        _frames++;
    }

    /// <inheritdoc/>
    public EncodedVideo Complete()
    {
        _pass.Complete(this);
        if (_frames == 0)
            throw new WinnowException("The video has no frames; at least one is needed.");
        var grid = new TokenGrid(_frames, _pooling.Side, _pooling.Side);
        var features = new TokenMatrix(_tokens.WrittenMemory, _projector.Width);
        Dictionary<SignalRequest, SignalValue> signals = _signals.ToDictionary(pair => pair.Key, pair => pair.Value.Build(grid));
        foreach ((SignalRequest request, AttentionMaps maps) in _maps)
            signals.Add(request, maps.Build(grid));
        if (_pixels is not null)
            signals.Add(new SignalRequest(Signal.Pixels), _pixels.Build(grid));
        if (_wantsImageEmbeddings)
        {
            var embeddings = new SignalValue(features.Values, grid.Frames, grid.TokensPerFrame, features.Dimension);
            signals.Add(new SignalRequest(Signal.ImageEmbeddings), embeddings);
        }
        return new EncodedVideo(features, grid, signals)
        {
            Absent = _absent,
            Work = _pass.Work,
            Patches = new TokenGrid(_frames, _tower.Config.GridSide, _tower.Config.GridSide),
            PatchRows = _patchRows ?? [],
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pass.Dispose();
        _arena.Dispose();
    }

    private ITowerPass Pass(EncoderReduction reduction, IReadOnlyList<double> deviation)
    {
        reduction.Validate();
        SiglipConfig tower = _tower.Config;
        IPatchRun? patches = reduction.Patches?.Begin(new PatchContext(tower.GridSide, tower.GridSide, tower.PatchSide, deviation));
        return reduction switch
        {
            { Cacher: { } cacher } => new CachePass(_tower, _record, _features, cacher, _arena),
            { Blocks: { } blocks } => new ReducedPass(_tower, _record, _features, blocks, patches, _arena),
            _ => patches is null
                ? new DensePass(_tower, _record, _features, _arena)
                : new RepeatPass(_tower, _record, _features, patches, _arena),
        };
    }

    private void PoolWithGaps(ReadOnlySpan<int> rows, Span<float> tokens)
    {
        bool[] missing = new bool[rows.Length];
        for (int place = 0; place < rows.Length; place++)
            missing[place] = rows[place] == ITowerSink.Absent;
        var absent = new List<int>();
        _pooling.Apply(_grid, _projector.Width, missing, tokens, absent);
        _absent.AddRange(absent.Select(token => _frames * _pooling.Tokens + token));
    }

    private FrameSignal Gather(SignalRequest request) => request.Kind switch
    {
        Signal.ReceivedAttention => new FrameSignal(_record.ReceivedAttention(request.Layer), _pooling),
        Signal.EncoderKeys => new FrameSignal(_record.Keys(request.Layer), _pooling),
        Signal.EncoderFeatures => new FrameSignal(_features.Values, _pooling),
        Signal.PoolingAttention => new FrameSignal(OutputOfHead(request).Saliency, _pooling),
        Signal.FrameEmbeddings => new FrameSignal(OutputOfHead(request).Embedding, null),
        Signal.TextEmbeddings or Signal.FrameScores => throw new WinnowException(
            $"{request.Kind} belong to the question, not to the video: TextEmbeddings are taken from EmbedQuestion, FrameScores by the "
            + "engine when the question is asked."),
        _ => throw new WinnowException(
            $"This model has no {request.Kind}: SigLIP has no class token, and there is no audio tower. Use a method that asks for "
            + "ReceivedAttention, or one that takes it as a substitute."),
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
