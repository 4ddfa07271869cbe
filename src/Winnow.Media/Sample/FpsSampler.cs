namespace Winnow.Media;

/// <summary>Takes frames at a steady rate, at most n of them: the rule of LLaVA-Video (rate 1, n 64, forced).</summary>
/// <remarks>
/// With <c>s = round(fps / rate)</c>, halves to even, the candidates are frames 0, s, 2s, ... below T at the stated times <c>index / s</c>
/// (in steps, not exact seconds). More than n candidates, or <see cref="Force"/>, replace them by <see cref="UniformSampler"/> at the
/// stated times <c>index / fps</c>.
/// </remarks>
public sealed class FpsSampler : IFrameSampler
{
    /// <summary>Makes the rule.</summary>
    /// <param name="rate">Wanted frames per second (r), above 0.</param>
    /// <param name="maximum">Most frames to take (n), at least 1.</param>
    /// <param name="force">Whether to take exactly <paramref name="maximum"/> frames, spread evenly, however short the video.</param>
    public FpsSampler(double rate, int maximum, bool force = false)
    {
        if (!(rate > 0) || !double.IsFinite(rate))
            throw new ArgumentOutOfRangeException(nameof(rate), rate, "The rate must be a number above 0, in frames per second.");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximum);
        (Rate, Maximum, Force) = (rate, maximum, force);
    }

    /// <summary>Wanted frames per second.</summary>
    public double Rate { get; }

    /// <summary>Most frames taken.</summary>
    public int Maximum { get; }

    /// <summary>Whether exactly <see cref="Maximum"/> frames are taken.</summary>
    public bool Force { get; }

    /// <inheritdoc/>
    public FrameSelection Select(int frameCount, double framesPerSecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(frameCount);
        if (!(framesPerSecond > 0))
            throw new WinnowException("The video states no frame rate, so frames cannot be taken at a rate; use uniform sampling.");
        double step = Math.Round(framesPerSecond / Rate, MidpointRounding.ToEven);
        if (step < 1)
            throw new WinnowException(FormattableString.Invariant(
                $"The video has {framesPerSecond:0.###} frames per second, too few for {Rate:0.###}; lower the rate or use uniform sampling."));
        double candidates = Math.Ceiling(frameCount / step);
        return Force || candidates > Maximum ? Spread(frameCount, framesPerSecond) : Stepped(frameCount, (int)candidates, step);
    }

    private FrameSelection Spread(int frameCount, double framesPerSecond)
    {
        int[] indices = UniformSampler.Indices(frameCount, Maximum);
        return new FrameSelection
        {
            Indices = indices,
            StatedSeconds = [.. indices.Select(index => index / framesPerSecond)],
            FrameCount = frameCount,
        };
    }

    private static FrameSelection Stepped(int frameCount, int candidates, double step)
    {
        int[] indices = [.. Enumerable.Range(0, candidates).Select(i => (int)(i * step))];
        return new FrameSelection
        {
            Indices = indices,
            StatedSeconds = [.. indices.Select(index => index / step)],
            FrameCount = frameCount,
        };
    }
}
