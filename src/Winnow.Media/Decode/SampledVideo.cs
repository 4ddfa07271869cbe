namespace Winnow.Media;

/// <summary>The chosen frames of a video.</summary>
/// <typeparam name="TFrame">What was kept of a frame.</typeparam>
public sealed record SampledVideo<TFrame>
{
    /// <summary>What the container says of the video.</summary>
    public required VideoInfo Info { get; init; }

    /// <summary>
    /// Which frames were chosen, of how many: <see cref="FrameSelection.FrameCount"/> is the number of frames that decoded.
    /// </summary>
    public required FrameSelection Selection { get; init; }

    /// <summary>The chosen frames, in the order of the selection; a frame chosen twice is one object.</summary>
    public required IReadOnlyList<TFrame> Frames { get; init; }

    /// <summary>
    /// The presentation time of each chosen frame from the start of the file, exact to a millisecond; right for variable frame rates as
    /// well.
    /// </summary>
    public required IReadOnlyList<TimeSpan> Times { get; init; }

    /// <summary>
    /// One line on damage that decoding passed over (broken packets in the middle), or null where the decoder complained of nothing.
    /// </summary>
    public string? Damage { get; init; }
}
