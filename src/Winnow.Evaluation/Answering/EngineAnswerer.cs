using System.Globalization;
using Winnow.Engine;
using Winnow.Evaluation.Running;
using Winnow.Media;
using Winnow.Reduction;

namespace Winnow.Evaluation.Answering;

/// <summary>Answers with a loaded model.</summary>
public sealed class EngineAnswerer : IAnswerer
{
    private readonly VideoEngine _engine;
    private readonly EncodeOptions _options;

    /// <summary>Takes a model; the caller disposes it.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="options">Which frames are looked at; needs are added.</param>
    /// <param name="description">What else moves the numbers, by name: model, precision, ...</param>
    public EngineAnswerer(VideoEngine engine, EncodeOptions options, IReadOnlyDictionary<string, string> description)
    {
        (_engine, _options) = (engine, options);
        string frames = (options.Frames ?? engine.DefaultFrames).ToString(CultureInfo.InvariantCulture);
        Conditions = new Dictionary<string, string>(description)
        {
            ["frames"] = options.FramesPerSecond is { } rate ? string.Create(CultureInfo.InvariantCulture, $"at most {frames}, {rate} a second") : $"{frames}, uniform",
        };
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Conditions { get; }

    /// <inheritdoc/>
    public string? Refusal(MethodSetting setting) => _engine.Refusal(setting.Choice.Reducer?.Needs ?? []);

    /// <inheritdoc/>
    public async Task<IEncodedVideo> EncodeAsync(MediaSource media, IReadOnlyList<MethodSetting> settings, CancellationToken cancellation)
    {
        EncodeOptions options = _options with { Needs = [.. settings.SelectMany(setting => setting.Choice.Reducer?.Needs ?? (IReadOnlyList<SignalNeed>)[])] };
        if (media.Start is not null || media.End is not null)
            options = options with { Sampler = new ClipSampler(_options.Frames ?? _engine.DefaultFrames, media) };
        if (media.FrameFolderRate is not { } rate)
            return new EngineVideo(_engine, await _engine.EncodeAsync(media.Path, options, null, cancellation).ConfigureAwait(false));
        string assembled = Path.Combine(Path.GetTempPath(), $"winnow-{Guid.NewGuid():N}.mkv");
        try
        {
            await FrameFolder.AssembleAsync(media.Path, rate, assembled, cancellation: cancellation).ConfigureAwait(false);
            return new EngineVideo(_engine, await _engine.EncodeAsync(assembled, options, null, cancellation).ConfigureAwait(false));
        }
        finally
        {
            File.Delete(assembled);
        }
    }
}
