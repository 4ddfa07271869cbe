namespace Winnow.Evaluation;

/// <summary>
/// What is looked at: a video file or a folder of numbered frames, whole or in part. Equal sources share their encoded features.
/// </summary>
/// <param name="Path">
/// Absolute path of the file or folder; it need not exist (a question about a missing video becomes an error line).
/// </param>
public sealed record MediaSource(string Path)
{
    /// <summary>Frames a second of a folder of frames (<c>00001.jpg</c>, ...), above 0; null for a video file.</summary>
    public double? FrameFolderRate { get; init; }

    /// <summary>Where the part begins, from the start of the file; null for the start.</summary>
    public TimeSpan? Start { get; init; }

    /// <summary>Where the part ends, from the start of the file; null for the end.</summary>
    public TimeSpan? End { get; init; }

    /// <summary>
    /// Whether frames are taken in equal whole steps from the first, at most one a second, instead of evenly up to the last; needs an end.
    /// </summary>
    public bool InEqualSteps { get; init; }
}
