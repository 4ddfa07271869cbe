namespace Winnow.Media;

/// <summary>
/// Takes n frames at <c>floor(i * T / n)</c>: the rule of Hugging Face's base video processor. It never reaches the last frame unless n is
/// T.
/// </summary>
/// <remarks>The quotient is taken in whole numbers, so that an exact multiple never falls short by a rounding error.</remarks>
public sealed class ArangeSampler : IFrameSampler
{
    /// <summary>Makes the rule.</summary>
    /// <param name="count">Number of frames to take (n), at least 1.</param>
    public ArangeSampler(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        Count = count;
    }

    /// <summary>Number of frames taken.</summary>
    public int Count { get; }

    /// <inheritdoc/>
    public FrameSelection Select(int frameCount, double framesPerSecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(frameCount);
        if (Count > frameCount)
            throw new WinnowException(
                $"{Count} frames are asked of a video that has {frameCount}; ask for fewer, or use uniform sampling.");
        return new FrameSelection
        {
            Indices = [.. Enumerable.Range(0, Count).Select(i => (int)((long)i * frameCount / Count))],
            FrameCount = frameCount,
        };
    }
}
