using System.Globalization;

namespace Winnow.Media;

/// <summary>One run of ffmpeg over a video: converts the wanted frames as they arrive and learns the time stamps of all.</summary>
internal sealed class DecodePass
{
    private const string CommentPrefix = "#";

    private DecodePass(IReadOnlyList<TimeSpan> times, ToolLog log) => (Times, Log) = (times, log);

    /// <summary>The time stamp of every decoded frame, in order; their count is the number of decodable frames.</summary>
    public IReadOnlyList<TimeSpan> Times { get; }

    /// <summary>What ffmpeg complained of.</summary>
    public ToolLog Log { get; }

    /// <summary>Runs ffmpeg.</summary>
    /// <param name="tools">The programs.</param>
    /// <param name="info">The video.</param>
    /// <param name="options">Threads and size.</param>
    /// <param name="wanted">Distinct frame numbers, increasing; those beyond the end are left out.</param>
    /// <param name="receive">Takes each wanted frame, in order.</param>
    /// <param name="cancellationToken">Ends ffmpeg.</param>
    /// <exception cref="WinnowException">ffmpeg failed.</exception>
    public static async Task<DecodePass> RunAsync(
        FfmpegTools tools, VideoInfo info, VideoReaderOptions options, IReadOnlyList<int> wanted, Action<int, int, int, byte[]> receive,
        CancellationToken cancellationToken)
    {
        FfmpegVersion version = await tools.VersionAsync(cancellationToken).ConfigureAwait(false);
        (int width, int height) = options.SizeOf(info);
        string timesPath = Path.GetTempFileName();
        try
        {
            IReadOnlyList<string> arguments = DecodeCommand.Build(info, options, version, wanted, timesPath);
            await using ToolProcess process = ToolProcess.Start(tools.FfmpegPath, arguments, cancellationToken);
            int received = await ReceiveAsync(process, wanted, width, height, receive).ConfigureAwait(false);
            int exitCode = await process.WaitAsync().ConfigureAwait(false);
            IReadOnlyList<TimeSpan> times = ReadTimes(timesPath);
            if (exitCode != 0)
                throw new WinnowException(
                    $"ffmpeg cannot decode {info.Path} (exit code {exitCode}: {process.Log.FirstMessage()}); " +
                    "copy or download it again, or re-encode it.");
            int expected = wanted.Count(index => index < times.Count);
            return received == expected
                ? new DecodePass(times, process.Log)
                : throw new WinnowException(
                    $"ffmpeg delivered {received} of {expected} chosen frames of {info.Path}; " +
                    "re-encode the file, for instance with `ffmpeg -i IN OUT.mp4`.");
        }
        finally
        {
            File.Delete(timesPath);
        }
    }

    private static async Task<int> ReceiveAsync(
        ToolProcess process, IReadOnlyList<int> wanted, int width, int height, Action<int, int, int, byte[]> receive)
    {
        if (wanted.Count == 0)
            return 0;
        byte[] pixels = new byte[checked(width * height * 3)];
        for (int received = 0; ; received++)
        {
            int read = await process.ReadAsync(pixels).ConfigureAwait(false);
            if (read == 0)
                return received;
            if (read < pixels.Length)
                throw new WinnowException(
                    $"ffmpeg stopped within a frame ({read} of {pixels.Length} bytes), killed or out of memory: try again.");
            if (received < wanted.Count)
                receive(wanted[received], width, height, pixels);
        }
    }

    // One number of milliseconds a line, below a comment line. A frame without time stamp takes that of the frame before.
    private static List<TimeSpan> ReadTimes(string path)
    {
        List<TimeSpan> times = [];
        foreach (string line in File.ReadLines(path))
        {
            if (line.StartsWith(CommentPrefix, StringComparison.Ordinal))
                continue;
            long milliseconds = long.Parse(line, CultureInfo.InvariantCulture);
            TimeSpan before = times.Count > 0 ? times[^1] : TimeSpan.Zero;
            times.Add(milliseconds == long.MinValue ? before : TimeSpan.FromMilliseconds(milliseconds));
        }
        return times;
    }
}
