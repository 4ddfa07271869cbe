using System.Globalization;

namespace Winnow.Media;

/// <summary>Judges whether a video decoded to its end.</summary>
/// <remarks>
/// A file that stops early is refused, since an answer about its first half would pass for one about the whole. "Early" means that more
/// than 5% is missing (and more than one frame). What is compared:
/// where the header states a number of frames, that number; fewer are fine if a QuickTime/MP4 edit list explains it (the decoder silent,
/// the last frame at the stated end). Where it states none (Matroska, MPEG-TS, FLV), the stated duration, but only if the decoder
/// complained, since sound may outlast the pictures. Broken packets in the middle that cost no more than that are passed over and reported.
/// A format that states neither (raw streams) cannot be judged.
/// </remarks>
internal static class Completeness
{
    private const double Tolerance = 0.05;

    /// <summary>Judges one pass.</summary>
    /// <param name="info">What the container states.</param>
    /// <param name="times">Time stamps of all decoded frames.</param>
    /// <param name="log">What ffmpeg complained of.</param>
    /// <returns>One line on damage passed over, or null.</returns>
    /// <exception cref="WinnowException">Nothing decoded, or decoding stopped early.</exception>
    public static string? Examine(VideoInfo info, IReadOnlyList<TimeSpan> times, ToolLog log)
    {
        if (times.Count == 0)
            throw new WinnowException(
                $"{info.Path}: no frame decodes ({log.FirstMessage()}); the file is corrupt or ffmpeg lacks the codec {info.Codec}: " +
                "copy it again or re-encode it.");
        bool endsOnTime = EndsOnTime(info, times);
        if (info.StatedFrameCount is { } stated)
        {
            bool isComplete = stated - times.Count <= Math.Max(1, stated * Tolerance);
            bool isEdited = log.IsEmpty && endsOnTime && info.Container.Contains("mp4", StringComparison.Ordinal);
            if (!isComplete && !isEdited)
                throw Truncated(info, times, $"of {stated} frames only {times.Count} decode", log);
        }
        else if (!endsOnTime && !log.IsEmpty)
        {
            throw Truncated(info, times, "the pictures stop early", log);
        }
        return log.IsEmpty ? null : $"{info.Path} is damaged: ffmpeg reported {log.Count} error(s), first: {log.FirstMessage()}";
    }

    private static bool EndsOnTime(VideoInfo info, IReadOnlyList<TimeSpan> times)
    {
        if (info.Duration is not { } duration)
            return true;
        double frameSeconds = info.FramesPerSecond > 0 ? 1 / info.FramesPerSecond : 0;
        double missingSeconds = (duration - times[^1]).TotalSeconds - frameSeconds;
        return missingSeconds <= Math.Max(frameSeconds, duration.TotalSeconds * Tolerance);
    }

    private static WinnowException Truncated(VideoInfo info, IReadOnlyList<TimeSpan> times, string finding, ToolLog log) =>
        new(string.Create(
            CultureInfo.InvariantCulture,
            $"{info.Path} is truncated or corrupt: {finding}, "
                + $"up to {times[^1].TotalSeconds:0.##} s of {info.Duration?.TotalSeconds:0.##} s ") +
            $"({log.FirstMessage()}); copy or download it again.");
}
