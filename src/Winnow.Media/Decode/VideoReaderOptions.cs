namespace Winnow.Media;

/// <summary>How frames are decoded.</summary>
public sealed record VideoReaderOptions
{
    /// <summary>Decoder threads, 0 for ffmpeg's own choice (one a core).</summary>
    public int Threads { get; init; }

    /// <summary>
    /// Width and height in pixels to which ffmpeg scales the upright frames, or null for their own size. Its bicubic filter is near
    /// <see cref="BicubicResizer"/>'s but not equal: leave null where reference pixels are wanted.
    /// </summary>
    public (int Width, int Height)? Size { get; init; }

    /// <summary>The size of the frames delivered.</summary>
    internal (int Width, int Height) SizeOf(VideoInfo info) => Size ?? (info.Width, info.Height);

    internal void Validate()
    {
        if (Threads is < 0 or > 1024)
            throw new ArgumentOutOfRangeException(nameof(Threads), Threads, "Threads must be in [0, 1024]; 0 leaves the choice to ffmpeg.");
        if (Size is { } size && (size.Width is < 1 or > 16384 || size.Height is < 1 or > 16384))
            throw new ArgumentOutOfRangeException(nameof(Size), size, "Width and height must be in [1, 16384].");
    }
}
