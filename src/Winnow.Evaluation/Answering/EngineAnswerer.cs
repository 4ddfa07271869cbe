using System.Globalization;
using Winnow.Engine;
using Winnow.Evaluation.Pictures;
using Winnow.Evaluation.Running;
using Winnow.Media;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Evaluation.Answering;

/// <summary>Answers with a loaded model.</summary>
public sealed class EngineAnswerer : IAnswerer
{
    private readonly VideoEngine _engine;
    private readonly EncodeOptions _options;
    private readonly bool _equalTokens;

    /// <summary>Takes a model; the caller disposes it.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="options">Which frames are looked at; needs are added.</param>
    /// <param name="description">What else moves the numbers, by name: model, precision, ...</param>
    /// <param name="equalTokens">
    /// Whether methods are given the retention at which they keep the setting's number of tokens; otherwise each keeps its own.
    /// </param>
    public EngineAnswerer(
        VideoEngine engine, EncodeOptions options, IReadOnlyDictionary<string, string> description, bool equalTokens = true)
    {
        (_engine, _options, _equalTokens) = (engine, options, equalTokens);
        string frames = (options.Frames ?? engine.DefaultFrames).ToString(CultureInfo.InvariantCulture);
        Conditions = new Dictionary<string, string>(description)
        {
            ["budgets"] = equalTokens ? "equal tokens" : "each method's own",
            ["frames"] = options.FramesPerSecond is { } rate
                ? string.Create(CultureInfo.InvariantCulture, $"at most {frames}, {rate} a second")
                : $"{frames}, uniform",
        };
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Conditions { get; }

    /// <inheritdoc/>
    public string? Refusal(MethodSetting setting) =>
        setting.Choice.Selector is { } selector and not (ITokenReducer or IPrefillReducer or ICacheReducer)
            ? $"{selector.GetType().Name} chooses frames, which an evaluation takes as they are spread over the video; "
                + "leave it out, or use winnow ask."
            : _engine.Refusal(setting.Choice.Reducer?.Needs ?? []);

    /// <inheritdoc/>
    public Task<IEncodedVideo> EncodeAsync(MediaSource media, IReadOnlyList<MethodSetting> settings, CancellationToken cancellation) =>
        WithFileAsync<IEncodedVideo>(media, async (path, options) =>
        {
            DecodedClip frames = await _engine.DecodeAsync(path, options, cancellation).ConfigureAwait(false);
            return new EngineVideo(
                _engine,
                (reduction, stop) =>
                {
                    IEnumerable<MethodSetting> group = settings.Where(setting => setting.Choice.Encoder == reduction);
                    return _engine.EncodeAsync(frames, options with { Needs = Needs(group), Encoder = reduction }, null, stop);
                },
                _equalTokens);
        }, cancellation);

    /// <summary>
    /// A sheet of the frames with what a method keeps of them for a question, at the last place where it acts, as PNG;
    /// null where it acts on the KV cache alone.
    /// </summary>
    /// <param name="question">The question.</param>
    /// <param name="setting">The method.</param>
    /// <param name="frameWidth">Frames are shrunk to at most this many pixels.</param>
    /// <param name="columns">Frames beside each other.</param>
    /// <param name="cancellation">Stops decoding and encoding.</param>
    /// <exception cref="WinnowException">The video is missing or unreadable.</exception>
    public async Task<byte[]?> PictureAsync(
        Question question, MethodSetting setting, int frameWidth, int columns, CancellationToken cancellation)
    {
        if (setting.Choice is { Cache: not null, Encoder.IsNone: true, Reducer: null, Prefill: null })
            return null;
        return await WithFileAsync(question.Media, async (path, options) =>
        {
            EncodedClip clip = await _engine.EncodeAsync(
                path,
                options with { Needs = Needs([setting]), Encoder = setting.Choice.Encoder },
                null,
                cancellation).ConfigureAwait(false);
            SampledVideo<Frame> frames = await _engine.ReadFramesAsync(path, options, cancellation).ConfigureAwait(false);
            MethodSetting applied = _equalTokens ? new BudgetMatch(_engine, clip).For(setting, question.Prompt) : setting;
            IReadOnlyList<KeptView> views = await KeptViews.OfAsync(
                _engine, clip, applied with { Retention = setting.Retention }, question.Prompt, cancellation).ConfigureAwait(false);
            return Png.Encode(
                KeptPictures.Sheet([.. frames.Frames.Select(frame => Thumbnail.Of(frame, frameWidth))], [views[^1]], columns));
        }, cancellation).ConfigureAwait(false);
    }

    private static IReadOnlyList<SignalNeed> Needs(IEnumerable<MethodSetting> settings) =>
        [.. settings.SelectMany(setting => setting.Choice.Reducer?.Needs ?? (IReadOnlyList<SignalNeed>)[])];

    /// <summary>
    /// Calls with a video file and the options for the part that is meant; frames of a folder are put into a file for the time.
    /// </summary>
    private async Task<T> WithFileAsync<T>(MediaSource media, Func<string, EncodeOptions, Task<T>> use, CancellationToken cancellation)
    {
        EncodeOptions options = media.Start is null && media.End is null
            ? _options
            : _options with { Sampler = new ClipSampler(_options.Frames ?? _engine.DefaultFrames, media, _options.FramesPerSecond) };
        if (media.FrameFolderRate is not { } rate)
            return await use(media.Path, options).ConfigureAwait(false);
        string assembled = Path.Combine(Path.GetTempPath(), $"winnow-{Guid.NewGuid():N}.mkv");
        try
        {
            await FrameFolder.AssembleAsync(media.Path, rate, assembled, cancellation: cancellation).ConfigureAwait(false);
            return await use(assembled, options).ConfigureAwait(false);
        }
        finally
        {
            File.Delete(assembled);
        }
    }
}
