using System.Diagnostics;
using Winnow.Media;
using Winnow.Models.Families;
using Winnow.Models.Generate;
using Winnow.Models.Tokenize;
using Winnow.Numerics;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Engine;

/// <summary>A loaded model and everything around it: the path from a video file to an answer.</summary>
/// <remarks>
/// <see cref="EncodeAsync(string, EncodeOptions, IProgress{int}, CancellationToken)"/> decodes and encodes a video once;
/// <see cref="Start"/> begins a conversation about it with a reduction. Methods come in as interfaces: the engine knows none by name. An
/// engine runs one computation at a time; it must outlive its conversations.
/// </remarks>
public sealed class VideoEngine : IDisposable
{
    private const int BenchmarkFrames = 32;

    private readonly Compute _compute;
    private readonly EngineOptions _options;
    private readonly VideoReader _reader;
    private readonly FrameJudge _judge;

    private VideoEngine(
        EngineOptions options, Compute compute, IVideoLanguageModel model,
        BpeTokenizer tokenizer, ChatTemplate template, GenerationConfig generation)
    {
        (_options, _compute, Model, Tokenizer, Template, Generation) = (options, compute, model, tokenizer, template, generation);
        _reader = new VideoReader(new FfmpegTools(options.Ffmpeg, options.Ffprobe));
        _judge = new FrameJudge(this);
    }

    /// <summary>The model.</summary>
    public IVideoLanguageModel Model { get; }

    /// <summary>Its tokenizer.</summary>
    public BpeTokenizer Tokenizer { get; }

    /// <summary>Frames that are looked at unless the caller says otherwise.</summary>
    public int DefaultFrames => Model.Pixels.Frames ?? BenchmarkFrames;

    internal ChatTemplate Template { get; }

    internal GenerationConfig Generation { get; }

    internal long MultiplyAdds => _compute.MultiplyAdds;

    internal bool HalfCache => _options.HalfCache;

    /// <summary>Loads a Hugging Face folder; the weights are mapped, so this takes little time and memory.</summary>
    /// <param name="folder">Folder with config.json, safetensors, tokenizer and template.</param>
    /// <param name="options">How to run it; null for the defaults.</param>
    /// <exception cref="WinnowException">
    /// The folder is missing, incomplete, or of a family that is not supported; the message names file and remedy.
    /// </exception>
    public static VideoEngine Load(string folder, EngineOptions? options = null)
    {
        options ??= new EngineOptions();
        if (!Directory.Exists(folder))
            throw new WinnowException($"There is no model folder {folder}; give a Hugging Face folder with config.json and safetensors.");
        var weights = new LlavaOneVisionOptions { Quantize = options.Quantize, PoolingHead = options.PoolingHead };
        return Build(folder, (compute, _) => LlavaOneVision.Load(folder, compute, weights), options);
    }

    /// <summary>
    /// Takes a model that the caller builds, and the language of a folder: its tokenizer, template and generation settings.
    /// </summary>
    /// <param name="languageFolder">Folder with tokenizer and template; its weights, if it has any, are not looked at.</param>
    /// <param name="build">
    /// Builds the model, which becomes the engine's, on threads that are the engine's. Its video id must be the template's placeholder,
    /// and its vocabulary no smaller than the tokenizer's.
    /// </param>
    /// <param name="options">How to run it; null for the defaults. What concerns the loading of weights has no effect.</param>
    /// <exception cref="WinnowException">The folder lacks a file, or model and language do not fit each other.</exception>
    public static VideoEngine Build(
        string languageFolder, Func<Compute, ChatTemplate, IVideoLanguageModel> build, EngineOptions? options = null)
    {
        options ??= new EngineOptions();
        var compute = new Compute(options.Threads, options.Path);
        IVideoLanguageModel? model = null;
        try
        {
            BpeTokenizer tokenizer = BpeTokenizer.Load(languageFolder);
            ChatTemplate template = options.ChatTemplate is { } name
                ? ChatTemplate.Named(name, tokenizer)
                : ChatTemplate.Load(languageFolder, tokenizer);
            GenerationConfig generation = GenerationConfig.Load(languageFolder, tokenizer);
            model = build(compute, template);
            if (model.VocabularyRows < tokenizer.Size)
                throw new WinnowException(
                    $"The tokenizer of {languageFolder} has {tokenizer.Size} tokens, "
                        + $"the model only {model.VocabularyRows}; take those of one checkpoint.");
            return new VideoEngine(options, compute, model, tokenizer, template, generation);
        }
        catch
        {
            model?.Dispose();
            compute.Dispose();
            throw;
        }
    }

    /// <summary>Decodes the chosen frames of a video and passes them through the vision encoder.</summary>
    /// <param name="path">The video file.</param>
    /// <param name="options">Which frames, and what a method wants to know of them; null for the defaults.</param>
    /// <param name="progress">Told the number of frames encoded so far; null for none.</param>
    /// <param name="cancellation">Stops decoding, or between two frames.</param>
    /// <exception cref="WinnowException">
    /// The file cannot be decoded, or the model lacks a signal that the method cannot do without.
    /// </exception>
    public async Task<EncodedClip> EncodeAsync(
        string path, EncodeOptions? options = null, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new EncodeOptions();
        RefuseMissing(options.Needs);
        DecodedClip frames = await DecodeAsync(path, options, cancellation).ConfigureAwait(false);
        return await EncodeAsync(frames, options, progress, cancellation).ConfigureAwait(false);
    }

    /// <summary>Decodes the chosen frames of a video, so that they can be encoded in several ways.</summary>
    /// <param name="path">The video file.</param>
    /// <param name="options">Which frames; null for the defaults.</param>
    /// <param name="cancellation">Stops decoding.</param>
    /// <exception cref="WinnowException">The file cannot be decoded.</exception>
    public async Task<DecodedClip> DecodeAsync(string path, EncodeOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new EncodeOptions();
        FramePreprocessor preprocessor = Preprocessor();
        var clock = Stopwatch.StartNew();
        ChosenFrames? chosen = options.Selector is { } selector
            ? await Scout(selector).ChooseAsync(path, options, Wanted(options), cancellation).ConfigureAwait(false)
            : null;
        TimeSpan choose = clock.Elapsed;
        // Frames wait as 8-bit pixels in the tower's size, a quarter of their float form.
        SampledVideo<byte[]> sampled = await _reader.ReadAsync(
            path,
            chosen ?? Sampler(options),
            (_, width, height, rgb) => preprocessor.Resize(width, height, rgb),
            cancellation).ConfigureAwait(false);
        return new DecodedClip(sampled, chosen?.Candidates ?? 0, choose, clock.Elapsed - choose);
    }

    /// <summary>Passes decoded frames through the vision encoder.</summary>
    /// <param name="frames">Frames that this engine decoded.</param>
    /// <param name="options">
    /// What a method wants to know of them, and does to their patches; null for the defaults. Which frames is settled.
    /// </param>
    /// <param name="progress">Told the number of frames encoded so far; null for none.</param>
    /// <param name="cancellation">Stops between two frames.</param>
    /// <exception cref="WinnowException">The model lacks a signal that the method cannot do without.</exception>
    public async Task<EncodedClip> EncodeAsync(
        DecodedClip frames, EncodeOptions? options = null, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new EncodeOptions();
        var clock = Stopwatch.StartNew();
        using IVideoEncoding encoding = Model.StartVideo([.. Resolve(options.Needs)], options.Encoder);
        EncodedVideo video = await Task.Run(
            () => Encode(encoding, frames.Video.Frames, Preprocessor(), progress, cancellation), cancellation).ConfigureAwait(false);
        return new EncodedClip(frames, video, clock.Elapsed);
    }

    /// <summary>Why this model cannot serve a method with these needs, and what to do; null where it can.</summary>
    public string? Refusal(IReadOnlyList<SignalNeed> needs)
    {
        SignalNeed? missing = needs.FirstOrDefault(need => !need.IsOptional && !need.Alternatives.Any(IsAvailable));
        if (missing is null)
            return null;
        string lacks = $"The method needs {string.Join(" or ", missing.Alternatives.Select(Describe))}, which this model does not have. ";
        // The same signal of another layer may be there.
        bool another = missing.Alternatives.Any(request => IsAvailable(new SignalRequest(request.Kind)));
        return lacks + (another
            ? $"Its tower has {Model.TowerLayers} layers, counted from 0: "
                + "give the method one of them (winnow methods NAME lists its options)."
            : "Choose a method without it (winnow methods --needs none), or load a pooling head (--pooling-head FILE) if it asks for one.");
    }

    /// <summary>What a method would keep of a video: the decision alone, nothing is read.</summary>
    /// <param name="clip">The video; encoded by this engine, with the signals that the method declared.</param>
    /// <param name="choice">The method; what it does inside the language model is not decided yet.</param>
    /// <param name="question">The question, for methods that look at it.</param>
    /// <returns>Null where everything is kept.</returns>
    public ReductionPlan? Reduce(EncodedClip clip, ReductionChoice choice, string question)
    {
        if (choice.Reducer is not { } reducer)
            return clip.Video.WithoutAbsent();
        EncodedVideo video = clip.Video;
        var signals = new Dictionary<SignalRequest, SignalValue>(video.Signals);
        SignalRequest[] wanted = [.. reducer.Needs.SelectMany(Chosen)];
        if (wanted.Any(request => request.Kind == Signal.TextEmbeddings))
            signals[new SignalRequest(Signal.TextEmbeddings)] = Model.EmbedQuestion(Tokenizer.Encode(question));
        if (wanted.Any(request => request.Kind == Signal.FrameScores))
            signals[new SignalRequest(Signal.FrameScores)] = _judge.Judge(video, question);
        return reducer.Reduce(new ReductionInput(video.Features, video.Grid, signals) { Parallel = Parallel });
    }

    /// <summary>
    /// The frames that <see cref="DecodeAsync"/> looks at under the same options, upright, in their own size, for people to see.
    /// </summary>
    /// <exception cref="WinnowException">The file cannot be decoded.</exception>
    public Task<SampledVideo<Frame>> ReadFramesAsync(
        string path, EncodeOptions? options = null, CancellationToken cancellation = default) =>
        _reader.ReadAsync(path, Sampler(options ?? new EncodeOptions()), cancellation);

    /// <summary>Begins a conversation about an encoded video.</summary>
    /// <param name="clip">The video; encoded by this engine, with the signals that the method declared.</param>
    /// <param name="choice">What happens to its tokens; null to keep them all.</param>
    /// <param name="texts">
    /// What stands between its frames, such as subtitles, in the order of the frames; null for nothing. Methods see the tokens of the whole
    /// video together all the same; what they keep goes to the frame that its place lies in.
    /// </param>
    /// <exception cref="WinnowException">
    /// A text stands at a frame that the video does not have, or the method acts inside the language model, where it needs the video in one
    /// piece.
    /// </exception>
    public Conversation Start(EncodedClip clip, ReductionChoice? choice = null, IReadOnlyList<FrameText>? texts = null)
    {
        choice ??= ReductionChoice.None;
        if (texts is { Count: > 0 } && choice.NeedsWholeVideo)
            throw new WinnowException(
                "The method acts inside the language model on the rows of the video as one block, which text between frames cuts up; "
                    + "put the text behind the video, or choose a method that acts before.");
        return new Conversation(this, clip, choice, new VideoParts(texts ?? [], clip.Video.Grid.Frames));
    }

    internal ParallelFor Parallel => _compute.For;

    /// <summary>Frees the model and stops the threads; its conversations must be disposed before.</summary>
    public void Dispose()
    {
        Model.Dispose();
        _compute.Dispose();
    }

    private FramePreprocessor Preprocessor() => new(new PreprocessOptions
    {
        Width = Model.Pixels.Width,
        Height = Model.Pixels.Height,
        RescaleFactor = Model.Pixels.Rescale,
        Mean = Model.Pixels.Mean,
        StandardDeviation = Model.Pixels.Deviation,
    });

    private FrameScout Scout(IFrameSelector selector) =>
        new(Model, Tokenizer, Preprocessor(), new FfmpegTools(_options.Ffmpeg, _options.Ffprobe), selector);

    private static EncodedVideo Encode(
        IVideoEncoding encoding, IReadOnlyList<byte[]> frames, FramePreprocessor preprocessor,
        IProgress<int>? progress, CancellationToken cancellation)
    {
        float[] planes = new float[preprocessor.Length];
        for (int frame = 0; frame < frames.Count; frame++)
        {
            cancellation.ThrowIfCancellationRequested();
            preprocessor.Normalize(frames[frame], planes);
            encoding.Add(planes);
            progress?.Report(frame + 1);
        }
        return encoding.Complete();
    }

    private IFrameSampler Sampler(EncodeOptions options)
    {
        if (options.Sampler is { } own)
            return own;
        int frames = Wanted(options);
        return options.FramesPerSecond is { } rate ? new FpsSampler(rate, frames) : new UniformSampler(frames);
    }

    private int Wanted(EncodeOptions options)
    {
        int frames = options.Frames ?? DefaultFrames;
        return frames >= 1 ? frames : throw new WinnowException($"{frames} frames were asked for; at least 1 is needed.");
    }

    /// <summary>
    /// For each need the first alternative that the model has; what belongs to the question comes later, with the question.
    /// </summary>
    private IEnumerable<SignalRequest> Resolve(IReadOnlyList<SignalNeed> needs)
    {
        RefuseMissing(needs);
        return needs.SelectMany(Chosen).Where(request => !IsOfQuestion(request.Kind)).Distinct();
    }

    private void RefuseMissing(IReadOnlyList<SignalNeed> needs)
    {
        if (Refusal(needs) is { } refusal)
            throw new WinnowException(refusal);
    }

    private static string Describe(SignalRequest request) =>
        request.Layer == new SignalRequest(request.Kind).Layer ? $"{request.Kind}" : $"{request.Kind} of tower layer {request.Layer}";

    private IEnumerable<SignalRequest> Chosen(SignalNeed need) => need.Alternatives.Where(IsAvailable).Take(1);

    private bool IsAvailable(SignalRequest request) => IsOfQuestion(request.Kind) || Model.Supports(request);

    private static bool IsOfQuestion(Signal kind) => kind is Signal.TextEmbeddings or Signal.FrameScores;
}
