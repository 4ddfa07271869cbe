namespace Winnow.Media;

/// <summary>Takes n frames spread evenly from the first to the last.</summary>
/// <remarks>
/// The indices are <c>linspace(0, T-1, n)</c> in double precision, truncated: <c>floor(i * ((T-1)/(n-1)))</c>, the last one T-1.
/// Whole-number arithmetic would differ in places (T=520, n=64: index 21 is 172, not 173). A video of fewer than n frames repeats frames.
/// </remarks>
public sealed class UniformSampler : IFrameSampler
{
    /// <summary>Makes the rule.</summary>
    /// <param name="count">Number of frames to take (n), at least 1.</param>
    public UniformSampler(int count)
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
        return new FrameSelection { Indices = Indices(frameCount, Count), FrameCount = frameCount };
    }

    internal static int[] Indices(int frameCount, int count)
    {
        int[] indices = new int[count];
        if (count == 1)
            return indices;
        double step = (frameCount - 1) / (double)(count - 1);
        for (int i = 0; i < count - 1; i++)
            indices[i] = (int)(i * step);
        indices[^1] = frameCount - 1;
        return indices;
    }
}
