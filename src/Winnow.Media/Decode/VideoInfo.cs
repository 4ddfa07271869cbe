namespace Winnow.Media;

/// <summary>What a container says of its first video stream, before anything is decoded.</summary>
public sealed record VideoInfo
{
    /// <summary>Path of the file.</summary>
    public required string Path { get; init; }

    /// <summary>Width in pixels of the upright picture. Pixels are taken as square, as the reference readers do.</summary>
    public required int Width { get; init; }

    /// <summary>Height in pixels of the upright picture.</summary>
    public required int Height { get; init; }

    /// <summary>Average frame rate (ffprobe's <c>avg_frame_rate</c>, else <c>r_frame_rate</c>), or 0 where neither is stated.</summary>
    public required double FramesPerSecond { get; init; }

    /// <summary>
    /// Number of frames in the container's header, or null where it has none. Not to be trusted: an edit list, damage or a careless writer
    /// make it differ from what decodes; <see cref="FrameSelection.FrameCount"/> of a reading is exact.
    /// </summary>
    public int? StatedFrameCount { get; init; }

    /// <summary>Length of the video stream, or of the file where the stream states none; null where neither does.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>ffmpeg's name of the codec, such as <c>h264</c>.</summary>
    public required string Codec { get; init; }

    /// <summary>ffmpeg's names of the container format, such as <c>mov,mp4,m4a,3gp,3g2,mj2</c>.</summary>
    public required string Container { get; init; }

    /// <summary>
    /// Degrees clockwise by which the stored picture is turned to stand upright, in [0, 360). Decoded frames are upright.
    /// </summary>
    public double RotationDegrees => Orientation.ClockwiseDegrees;

    internal DisplayOrientation Orientation { get; init; } = DisplayOrientation.Upright;
}
