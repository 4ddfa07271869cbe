using System.Globalization;

namespace Winnow.Media;

/// <summary>Folders of numbered frames (<c>00001.jpg</c>, <c>00002.jpg</c>, ...), as some data sets store videos.</summary>
public static class FrameFolder
{
    private const string FirstFrame = "00001.jpg";
    private const string Pattern = "%05d.jpg";

    /// <summary>Puts the frames into a video file, without decoding them: every picture goes in as it is.</summary>
    /// <param name="folder">The folder; numbering begins at 1 and has no gaps.</param>
    /// <param name="framesPerSecond">Rate of the frames, above 0.</param>
    /// <param name="path">The file to write; <c>.mkv</c>.</param>
    /// <param name="tools">The programs to use; null for ffmpeg on the PATH.</param>
    /// <param name="cancellation">Ends ffmpeg.</param>
    /// <exception cref="WinnowException">The folder holds no such frames, or ffmpeg fails.</exception>
    public static async Task AssembleAsync(
        string folder, double framesPerSecond, string path, FfmpegTools? tools = null, CancellationToken cancellation = default)
    {
        if (!File.Exists(Path.Combine(folder, FirstFrame)))
            throw new WinnowException($"{folder} holds no {FirstFrame}; frames must be numbered from 1 with five digits.");
        string[] arguments =
        [
            "-nostdin", "-hide_banner", "-v", "error", "-y",
            "-framerate", framesPerSecond.ToString("R", CultureInfo.InvariantCulture), "-start_number", "1",
            "-i", Path.Combine(folder.Replace("%", "%%", StringComparison.Ordinal), Pattern), "-c", "copy", path,
        ];
        await using ToolProcess process = ToolProcess.Start((tools ?? new FfmpegTools()).FfmpegPath, arguments, cancellation);
        await process.ReadTextAsync().ConfigureAwait(false);
        int exitCode = await process.WaitAsync().ConfigureAwait(false);
        if (exitCode != 0)
            throw new WinnowException(
                $"ffmpeg cannot read the frames of {folder} (exit code {exitCode}: "
                    + $"{process.Log.FirstMessage()}); copy or unpack them again.");
    }
}
