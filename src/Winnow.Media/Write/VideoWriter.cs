using System.Globalization;
using Winnow.Video;

namespace Winnow.Media;

/// <summary>Writes pictures as a video, with ffmpeg as a process.</summary>
public static class VideoWriter
{
    /// <summary>Writes an MP4 that common players show. An odd width or height is padded by one pixel, which the format demands.</summary>
    /// <param name="path">The file; replaced where it exists.</param>
    /// <param name="frames">The pictures, all of one size; taken one at a time.</param>
    /// <param name="framesPerSecond">How many are shown a second, above 0.</param>
    /// <param name="tools">The programs to use; null for ffmpeg on the PATH.</param>
    /// <param name="cancellation">Ends ffmpeg.</param>
    /// <exception cref="WinnowException">There are no pictures, or ffmpeg fails.</exception>
    /// <exception cref="ArgumentException">The pictures differ in size.</exception>
    public static async Task WriteAsync(
        string path, IEnumerable<Frame> frames, double framesPerSecond, FfmpegTools? tools = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(framesPerSecond);
        using IEnumerator<Frame> pictures = frames.GetEnumerator();
        if (!pictures.MoveNext())
            throw new WinnowException($"There are no pictures to write to {path}.");
        (int width, int height) = (pictures.Current.Width, pictures.Current.Height);
        await using ToolProcess process = ToolProcess.Start(
            (tools ?? new FfmpegTools()).FfmpegPath, Arguments(path, width, height, framesPerSecond), cancellation, takesInput: true);
        try
        {
            do
            {
                Frame frame = pictures.Current;
                if (frame.Width != width || frame.Height != height)
                    throw new ArgumentException(
                        $"The pictures must be of one size; one is {frame.Width}x{frame.Height}, the first {width}x{height}.",
                        nameof(frames));
                await process.Input.WriteAsync(frame.Pixels, cancellation).ConfigureAwait(false);
            }
            while (pictures.MoveNext());
            process.Input.Close();
        }
        catch (IOException)
        {
            // ffmpeg closed its end; what it says on its error stream is the better message.
        }
        await process.ReadTextAsync().ConfigureAwait(false);
        int exitCode = await process.WaitAsync().ConfigureAwait(false);
        if (exitCode != 0)
            throw new WinnowException(
                $"ffmpeg cannot write {path} (exit code {exitCode}: {process.Log.FirstMessage()}); choose another folder or ending.");
    }

    private static string[] Arguments(string path, int width, int height, double framesPerSecond) =>
    [
        "-hide_banner", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24",
        "-video_size", string.Create(CultureInfo.InvariantCulture, $"{width}x{height}"),
        "-framerate", framesPerSecond.ToString("R", CultureInfo.InvariantCulture), "-i", "pipe:0",
        "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p", "-movflags", "+faststart", path,
    ];
}
