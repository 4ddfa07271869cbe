namespace Winnow.Media;

/// <summary>Asks ffprobe what a file holds, without decoding it.</summary>
/// <param name="tools">The programs to use.</param>
public sealed class VideoProbe(FfmpegTools tools)
{
    /// <summary>Reads the container's header.</summary>
    /// <exception cref="WinnowException">
    /// The file is missing, a directory, empty, not readable as media (truncated, corrupt, not a video) or without video stream, or ffprobe
    /// is absent.
    /// </exception>
    public async Task<VideoInfo> ProbeAsync(string path, CancellationToken cancellationToken = default)
    {
        CheckFile(path);
        string json = await RunAsync(path, ["-show_streams", "-show_format"], cancellationToken).ConfigureAwait(false);
        return ProbeReport.Parse(path, json);
    }

    /// <summary>
    /// Counts the packets of the video stream by reading the whole file; about the number of frames, at the cost of reading but not of
    /// decoding.
    /// </summary>
    internal async Task<int?> CountPacketsAsync(string path, CancellationToken cancellationToken)
    {
        string[] questions = ["-count_packets", "-select_streams", "V:0", "-show_entries", "stream=nb_read_packets"];
        string json = await RunAsync(path, questions, cancellationToken).ConfigureAwait(false);
        return ProbeReport.PacketCount(json);
    }

    /// <summary>The argument that names a file: never taken for an option, a protocol or a device.</summary>
    internal static string InputName(string path) => "file:" + path;

    private async Task<string> RunAsync(string path, string[] questions, CancellationToken cancellationToken)
    {
        string[] arguments = ["-v", "error", "-of", "json", .. questions, InputName(path)];
        await using ToolProcess process = ToolProcess.Start(tools.FfprobePath, arguments, cancellationToken);
        string json = await process.ReadTextAsync().ConfigureAwait(false);
        int exitCode = await process.WaitAsync().ConfigureAwait(false);
        if (exitCode != 0)
            throw Unreadable(path, process.Log);
        return json;
    }

    private static WinnowException Unreadable(string path, ToolLog log) =>
        new($"{path} cannot be read as a video ({Reason(path, log)}): "
            + "it is truncated, corrupt or no video; copy it again or give another file.");

    // ffprobe's last line repeats the file's name before the general reason; the first line, where there are two, is the particular one.
    private static string Reason(string path, ToolLog log) =>
        log.FirstMessage().Replace(InputName(path) + ": ", "", StringComparison.Ordinal);

    private static void CheckFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (string.IsNullOrWhiteSpace(path))
            throw new WinnowException("The path of the video is empty; give the path of a video file.");
        if (Directory.Exists(path))
            throw new WinnowException($"{path} is a directory; give the path of a video file in it.");
        var file = new FileInfo(path);
        if (!file.Exists)
            throw new WinnowException(
                $"There is no file {path}; check the path (the current folder is {Directory.GetCurrentDirectory()}).");
        if (file.Length == 0)
            throw new WinnowException($"{path} is empty (0 bytes); copy or download it again.");
    }
}
