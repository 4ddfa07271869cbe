using Winnow.Video;

namespace Winnow.Media;

/// <summary>Decodes chosen frames of a video file with ffmpeg, which runs as a process of its own.</summary>
/// <remarks>
/// A rule that spreads frames over a video must know how many there are, and only decoding tells exactly. So the rule is first applied to
/// the container's count (or to a count of its packets where it states none), the video is decoded once, whole, and the frames that come
/// out are counted as they pass. If the count was right, as it mostly is, that is all. If not, the rule is applied again to the true count,
/// and a second pass fetches what is missing. Memory holds one frame and what the converter keeps. Safe to share between threads.
/// </remarks>
public sealed class VideoReader
{
    private readonly FfmpegTools _tools;
    private readonly VideoProbe _probe;
    private readonly VideoReaderOptions _options;

    /// <summary>Makes a reader.</summary>
    /// <param name="tools">The programs to use; null for ffmpeg and ffprobe on the PATH.</param>
    /// <param name="options">How to decode; null for the defaults.</param>
    public VideoReader(FfmpegTools? tools = null, VideoReaderOptions? options = null)
    {
        _tools = tools ?? new FfmpegTools();
        _options = options ?? new VideoReaderOptions();
        _options.Validate();
        _probe = new VideoProbe(_tools);
    }

    /// <summary>Decodes the chosen frames as pictures. Holds all of them; to keep less, give a converter.</summary>
    /// <inheritdoc cref="ReadAsync{TFrame}(string, IFrameSampler, FrameConverter{TFrame}, CancellationToken)"/>
    public async Task<SampledVideo<Frame>> ReadAsync(string path, IFrameSampler sampler, CancellationToken cancellationToken = default)
    {
        SampledVideo<(int Width, int Height, byte[] Pixels)> video = await ReadAsync(
            path, sampler, static (_, width, height, pixels) => (width, height, pixels.ToArray()), cancellationToken).ConfigureAwait(false);
        Dictionary<int, Frame> frames = [];
        for (int i = 0; i < video.Frames.Count; i++)
        {
            (int width, int height, byte[] pixels) = video.Frames[i];
            int index = video.Selection.Indices[i];
            frames.TryAdd(index, new Frame(width, height, pixels, index, video.Times[i]));
        }
        return new SampledVideo<Frame>
        {
            Info = video.Info,
            Selection = video.Selection,
            Frames = [.. video.Selection.Indices.Select(index => frames[index])],
            Times = video.Times,
            Damage = video.Damage,
        };
    }

    /// <summary>Decodes the chosen frames and keeps what the converter makes of them.</summary>
    /// <param name="path">The video file, in any container and codec that ffmpeg reads; its first video stream is taken.</param>
    /// <param name="sampler">Which frames go on.</param>
    /// <param name="convert">Called for each distinct frame, one at a time; if the first count was wrong, for some in vain.</param>
    /// <param name="cancellationToken">Ends decoding and ffmpeg with it.</param>
    /// <exception cref="WinnowException">
    /// The file is missing, empty, no video, truncated or corrupt (more than 5% missing); or the sampler does not fit it; or ffmpeg is
    /// absent or too old.
    /// </exception>
    public async Task<SampledVideo<TFrame>> ReadAsync<TFrame>(
        string path, IFrameSampler sampler, FrameConverter<TFrame> convert, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sampler);
        ArgumentNullException.ThrowIfNull(convert);
        VideoInfo info = await ProbeAsync(path, cancellationToken).ConfigureAwait(false);
        int estimate = info.StatedFrameCount ?? await _probe.CountPacketsAsync(path, cancellationToken).ConfigureAwait(false) ?? 1;
        Dictionary<int, TFrame> kept = [];

        void Keep(int index, int width, int height, byte[] pixels) => kept[index] = convert(index, width, height, pixels);

        Task<DecodePass> DecodeAsync(IReadOnlyList<int> wanted) =>
            DecodePass.RunAsync(_tools, info, _options, wanted, Keep, cancellationToken);

        FrameSelection? selection = Guess(sampler, estimate, info.FramesPerSecond);
        DecodePass pass = await DecodeAsync(selection?.Distinct() ?? []).ConfigureAwait(false);
        int frameCount = pass.Times.Count;
        string? damage = Completeness.Examine(info, pass.Times, pass.Log);
        if (selection?.FrameCount != frameCount)
        {
            selection = sampler.Select(frameCount, info.FramesPerSecond);
            int[] missing = [.. selection.Distinct().Where(index => !kept.ContainsKey(index))];
            if (missing.Length > 0 && (await DecodeAsync(missing).ConfigureAwait(false)).Times.Count != frameCount)
                throw new WinnowException($"{path} decodes to a different number of frames each time; it is corrupt: copy it again.");
        }
        return Assemble(info, selection, kept, pass.Times, damage);
    }

    // Header and version are asked for at the same time, since each costs the start of a process. Where both fail, the file is named.
    private async Task<VideoInfo> ProbeAsync(string path, CancellationToken cancellationToken)
    {
        Task<VideoInfo> info = _probe.ProbeAsync(path, cancellationToken);
        Task<FfmpegVersion> version = _tools.VersionAsync(cancellationToken);
        await Task.WhenAll(info, version).ConfigureAwait(false);
        return await info.ConfigureAwait(false);
    }

    // The count is a guess still: that the sampler refuses it means nothing until it is verified.
    private static FrameSelection? Guess(IFrameSampler sampler, int frameCount, double framesPerSecond)
    {
        try
        {
            return frameCount > 0 ? sampler.Select(frameCount, framesPerSecond) : null;
        }
        catch (WinnowException)
        {
            return null;
        }
    }

    private static SampledVideo<TFrame> Assemble<TFrame>(
        VideoInfo info, FrameSelection selection, Dictionary<int, TFrame> kept, IReadOnlyList<TimeSpan> times, string? damage) => new()
        {
            Info = info,
            Selection = selection,
            Frames = [.. selection.Indices.Select(index => kept[index])],
            Times = [.. selection.Indices.Select(index => times[index])],
            Damage = damage,
        };
}
