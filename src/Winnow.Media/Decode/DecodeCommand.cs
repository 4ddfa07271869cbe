using System.Globalization;
using System.Runtime.InteropServices;

namespace Winnow.Media;

/// <summary>The command line of one decoding pass.</summary>
/// <remarks>
/// One input, decoded whole, and up to two outputs: the time stamp of every decoded frame (a text line each, no pixels touched), which
/// makes the number of frames exact; and the chosen frames as raw RGB. Only these are turned upright, converted and piped. Every decoded
/// frame counts once, whatever its time stamp.
/// </remarks>
internal static class DecodeCommand
{
    /// <summary>Most runs of consecutive frames in one pass: keeps the expression below Linux's limit for one argument (128 KiB).</summary>
    public const int MaximumRuns = 2048;

    /// <summary>Builds the arguments.</summary>
    /// <param name="info">The video.</param>
    /// <param name="options">Threads and size.</param>
    /// <param name="version">What ffmpeg understands.</param>
    /// <param name="wanted">Distinct frame numbers, increasing; none for counting alone.</param>
    /// <param name="timesPath">File that takes the time stamps.</param>
    public static IReadOnlyList<string> Build(
        VideoInfo info, VideoReaderOptions options, FfmpegVersion version, IReadOnlyList<int> wanted, string timesPath)
    {
        // A frame of another size in mid-stream must not restart the filters, which would count from 0 again; the scale filter copes.
        List<string> arguments = ["-nostdin", "-hide_banner", "-v", "error", "-y", "-noautorotate", "-reinit_filter", "0"];
        if (options.Threads > 0)
            arguments.AddRange(["-threads", options.Threads.ToString(CultureInfo.InvariantCulture)]);
        arguments.AddRange(["-i", VideoProbe.InputName(info.Path)]);
        // Capital V: moving pictures, not covers. The time base is fine enough for the muxer's milliseconds at any frame rate.
        string[] shared = ["-map", "0:V:0", version.FrameModeOption, "passthrough", "-enc_time_base", "1/1000"];
        arguments.AddRange([.. shared, "-c:v", "wrapped_avframe", "-f", "mkvtimestamp_v2", VideoProbe.InputName(timesPath)]);
        if (wanted.Count > 0)
        {
            // Time stamps of the raw output are of no use, but must increase for the muxer not to complain: one second a frame.
            (int width, int height) = options.SizeOf(info);
            string[] filters =
            [
                $"select='{SelectExpression(wanted)}'", .. info.Orientation.Filters, "setpts=N/TB", $"scale={width}:{height}"
            ];
            arguments.AddRange([.. shared, "-vf", string.Join(',', filters), "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"]);
        }
        return arguments;
    }

    /// <summary>
    /// An expression of the frame number n that is not 0 for the wanted frames: a bisection over runs of consecutive numbers.
    /// </summary>
    /// <remarks>
    /// A plain sum over the runs would be simpler, but ffmpeg refuses deeply nested expressions, and a sum of k terms is nested k deep.
    /// </remarks>
    /// <exception cref="WinnowException">There are more than <see cref="MaximumRuns"/> runs.</exception>
    public static string SelectExpression(IReadOnlyList<int> wanted)
    {
        List<(int First, int Last)> runs = [];
        foreach (int index in wanted)
        {
            if (runs.Count > 0 && runs[^1].Last == index - 1)
                runs[^1] = (runs[^1].First, index);
            else
                runs.Add((index, index));
        }
        return runs.Count <= MaximumRuns
            ? Bisect(CollectionsMarshal.AsSpan(runs))
            : throw new WinnowException(
                $"{wanted.Count} scattered frames are asked for; at most {MaximumRuns} can be taken at once: take fewer.");
    }

    private static string Bisect(ReadOnlySpan<(int First, int Last)> runs)
    {
        if (runs.Length == 1)
            return string.Create(CultureInfo.InvariantCulture, $"between(n,{runs[0].First},{runs[0].Last})");
        ReadOnlySpan<(int First, int Last)> left = runs[..(runs.Length / 2)];
        ReadOnlySpan<(int First, int Last)> right = runs[(runs.Length / 2)..];
        return string.Create(CultureInfo.InvariantCulture, $"if(lt(n,{right[0].First}),{Bisect(left)},{Bisect(right)})");
    }
}
