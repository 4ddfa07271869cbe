using Winnow.Models.Configuration;
using Winnow.Models.Encode;
using Winnow.Models.Prefill;
using Winnow.Models.Weights;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Models.Families;

/// <summary>
/// LLaVA-OneVision and LLaVA-Video: SigLIP tower, projector, pooling, newline, Qwen2 decoder. Each frame is encoded alone; the projector
/// runs before the pooling; a reduction acts on the pooled tokens; newlines are put in afterwards.
/// </summary>
public sealed class LlavaOneVision : IVideoLanguageModel
{
    private readonly IDisposable? _owned;
    private readonly float[] _newline;
    private readonly SiglipPoolingHead? _poolingHead;
    private bool _disposed;

    /// <summary>Builds the model from weights that the caller keeps alive.</summary>
    /// <param name="config">Sizes.</param>
    /// <param name="pixels">How frames become numbers.</param>
    /// <param name="weights">Where the weights come from.</param>
    /// <param name="compute">Threads and instruction set; must outlive the model.</param>
    /// <exception cref="WinnowException">A weight is missing or has another shape.</exception>
    public LlavaOneVision(LlavaOneVisionConfig config, PixelSettings pixels, IWeightSource weights, Compute compute)
        : this(config, pixels, weights, null, compute, null)
    {
    }

    private LlavaOneVision(
        LlavaOneVisionConfig config,
        PixelSettings pixels,
        IWeightSource weights,
        SiglipPoolingHead? poolingHead,
        Compute compute,
        IDisposable? owned)
    {
        (Config, Pixels, _poolingHead, _owned) = (config, pixels, poolingHead, owned);
        Tower = new SiglipEncoder(config.Vision, weights, compute);
        Projector = new Projector(config, weights, compute);
        Pooling = new SpatialPooling(config.Pooling, config.Vision.GridSide);
        _newline = config.Newline == NewlineLayout.NoToken && !weights.Has("newline") ? [] : weights.Values("newline", config.Text.Width);
        Decoder = new Qwen2Decoder(config.Text, weights, compute);
        Warnings = config.MentionsTiedHead || weights.Has(Qwen2Decoder.HeadName)
            ? []
            : ["The folder holds no head although its config does not say that the head is tied; the embeddings are used as head."];
    }

    /// <summary>Sizes.</summary>
    public LlavaOneVisionConfig Config { get; }

    /// <summary>The vision tower.</summary>
    public SiglipEncoder Tower { get; }

    /// <summary>From the tower's width to the decoder's.</summary>
    public Projector Projector { get; }

    /// <summary>From the tower's grid to the tokens'.</summary>
    public SpatialPooling Pooling { get; }

    /// <summary>The language model.</summary>
    public Qwen2Decoder Decoder { get; }

    /// <inheritdoc/>
    public PixelSettings Pixels { get; }

    /// <inheritdoc/>
    public int TowerLayers => Config.Vision.Layers;

    /// <inheritdoc/>
    public Qwen2Config TextConfig => Config.Text;

    /// <inheritdoc/>
    public int VideoTokenId => Config.VideoTokenId;

    /// <inheritdoc/>
    public int VocabularyRows => Config.Text.VocabularyRows;

    /// <inheritdoc/>
    public int MaximumLength => Config.Text.MaximumLength;

    /// <inheritdoc/>
    public IReadOnlyList<int> EndIds => Config.Text.EndIds;

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Loads a folder in Hugging Face's layout or with the original code's config and names.</summary>
    /// <param name="folder">config.json, weights as safetensors, and, where there is one, a preprocessor config.</param>
    /// <param name="compute">Threads and instruction set; must outlive the model.</param>
    /// <param name="options">Quantisation, pooling head, pooling; null for the defaults.</param>
    /// <exception cref="WinnowException">
    /// A file is missing or damaged, the config asks for what Winnow does not do, or a tensor is missing, unknown or misshapen.
    /// </exception>
    public static LlavaOneVision Load(string folder, Compute compute, LlavaOneVisionOptions? options = null)
    {
        options ??= new LlavaOneVisionOptions();
        var config = LlavaOneVisionConfig.Load(folder);
        config = config with { Pooling = options.Pooling ?? config.Pooling };
        var pixels = PixelSettings.Load(folder, config.Vision.ImageSide);
        var checkpoint = Checkpoint.Open(folder, LlavaOneVisionNames.Model);
        Checkpoint? headFile = null;
        try
        {
            headFile = options.PoolingHead is null ? null : Checkpoint.OpenPart(options.PoolingHead, SiglipNames.Tower);
            SiglipPoolingHead? head = SiglipPoolingHead.Find(config.Vision, headFile ?? checkpoint, compute);
            if (headFile is not null && head is null)
                throw new WinnowException($"{options.PoolingHead} holds no pooling head; give the weights of a whole SigLIP vision model.");
            IWeightSource weights = options.Quantize ? new QuantizedWeights(checkpoint, compute, options.GroupSize) : checkpoint;
            var model = new LlavaOneVision(config, pixels, weights, head, compute, new Files(checkpoint, headFile));
            checkpoint.RefuseLeftovers(LlavaOneVisionNames.IsLeftAside);
            return model;
        }
        catch
        {
            checkpoint.Dispose();
            headFile?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool Supports(SignalRequest request) => request.Kind switch
    {
        Signal.ReceivedAttention or Signal.EncoderKeys or Signal.AttentionMap =>
            request.Layer >= -Config.Vision.Layers && request.Layer < Config.Vision.Layers,
        Signal.EncoderFeatures or Signal.ImageEmbeddings or Signal.TextEmbeddings or Signal.Pixels or Signal.ProjectorSensitivity => true,
        Signal.PoolingAttention or Signal.FrameEmbeddings => _poolingHead is not null,
        _ => false,
    };

    /// <inheritdoc/>
    public IVideoEncoding StartVideo(IReadOnlyCollection<SignalRequest> signals, EncoderReduction? reduction = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new LlavaVideoEncoding(Config, Tower, Projector, Pooling, _poolingHead, signals, reduction ?? EncoderReduction.None, Pixels);
    }

    /// <summary>
    /// The mean of the question's embedding rows, <c>[1, D]</c>: LLaVA has no text encoder that shares a space with its tokens, so the
    /// decoder's own embeddings stand in.
    /// </summary>
    public SignalValue EmbedQuestion(ReadOnlySpan<int> ids)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (ids.IsEmpty)
            throw new WinnowException("The question is empty; a method that looks at it needs at least one token.");
        float[] rows = new float[ids.Length * Config.Text.Width], mean = new float[Config.Text.Width];
        Decoder.Embed(ids, rows);
        for (int i = 0; i < rows.Length; i++)
            mean[i % mean.Length] += rows[i] / ids.Length;
        return new SignalValue(mean, 1, mean.Length);
    }

    /// <inheritdoc/>
    public PromptRows Splice(
        ReadOnlySpan<int> ids, EncodedVideo video, ReductionPlan? plan, PositionRule positions, IReadOnlyList<int>? cuts = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (plan is not null && plan.SourceCount != video.Grid.Count)
            throw new WinnowException($"The plan was made for {plan.SourceCount} tokens; the video has {video.Grid.Count}.");
        var arrangement = new NewlineArrangement(Config.Newline, video.Grid);
        VideoPart[] parts = VideoPart.Find(ids, VideoTokenId, arrangement, cuts ?? []);
        plan = positions == PositionRule.Gap ? plan?.InPlaceOrder() : plan;
        // Each row goes to the part that its place lies in; there, rows stand in the plan's order.
        ILookup<int, VisualRow> rowsOfParts = arrangement.Arrange(plan).ToLookup(row => VideoPart.Of(parts, row.Index));
        var visual = new List<VisualRow>();
        TokenMatrix tokens = plan is null ? video.Features : new TokenMatrix(plan.Apply(video.Features), Config.Text.Width);
        var splice = new RowSplice(
            Config.Text.Width, rowsOfParts.Sum(rows => rows.Count()) + ids.Length - parts.Sum(part => part.End - part.Start));
        // Both count through the unreduced prompt: ids that were read, and rows.
        int read = 0, index = 0;
        for (int part = 0; part < parts.Length; part++)
        {
            (int start, int end, int first, int length) = parts[part];
            AddText(ids[read..start]);
            VisualRow[] rows = [.. rowsOfParts[part]];
            WriteVisualRows(tokens, rows, splice.Add(positions == PositionRule.FirstPlaces
                ? Enumerable.Range(index, rows.Length)
                : rows.Select(row => index + row.Index - first)));
            visual.AddRange(rows);
            (read, index) = (end, index + length);
        }
        AddText(ids[read..]);
        PromptRows prompt = splice.Build(positions == PositionRule.Compact, index) with
        {
            VisualStart = parts[0].Start,
            VisualCount = visual.Count,
            IsCut = parts.Length > 1,
            Places = [.. visual.Select(row => PlaceOf(plan, row))],
            Grid = video.Grid,
        };
        return plan is null ? prompt : prompt with { Plan = plan, PlanTokens = [.. visual.Select(row => row.Token)] };

        void AddText(ReadOnlySpan<int> text)
        {
            Decoder.Embed(text, splice.Add(Enumerable.Range(index, text.Length)));
            index += text.Length;
        }
    }

    /// <inheritdoc/>
    public PromptRows EmbedText(ReadOnlySpan<int> ids, int firstPosition)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(firstPosition);
        var splice = new RowSplice(Config.Text.Width, ids.Length);
        Decoder.Embed(ids, splice.Add(Enumerable.Range(firstPosition, ids.Length)));
        return splice.Build(compact: false, firstPosition + ids.Length);
    }

    /// <inheritdoc/>
    public DecoderSession StartSession(bool halfCache = false)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new DecoderSession(Decoder, halfCache);
    }

    /// <summary>Unmaps the weights, where the model was loaded from a folder.</summary>
    public void Dispose()
    {
        _disposed = true;
        _owned?.Dispose();
    }

    private static int PlaceOf(ReductionPlan? plan, VisualRow row) =>
        row.Token == VisualRow.Newline ? -1 : plan?.Places[row.Token] ?? row.Token;

    private void WriteVisualRows(TokenMatrix tokens, VisualRow[] visual, Span<float> rows)
    {
        for (int row = 0; row < visual.Length; row++)
            (visual[row].Token == VisualRow.Newline ? _newline : tokens[visual[row].Token]).CopyTo(rows[(row * Config.Text.Width)..]);
    }

    private sealed class Files(Checkpoint model, Checkpoint? head) : IDisposable
    {
        public void Dispose()
        {
            model.Dispose();
            head?.Dispose();
        }
    }
}
