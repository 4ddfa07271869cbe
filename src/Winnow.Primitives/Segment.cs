namespace Winnow.Primitives;

/// <summary>A run of frames.</summary>
/// <param name="Start">First frame.</param>
/// <param name="Length">Number of frames, at least 1.</param>
public readonly record struct Segment(int Start, int Length)
{
    /// <summary>The frame after the last one.</summary>
    public int End => Start + Length;

    /// <summary>The last frame.</summary>
    public int Last => Start + Length - 1;
}
