using Winnow.Media;

namespace Winnow.Evaluation.Answering;

/// <summary>Takes frames uniformly from a part of a video.</summary>
/// <remarks>
/// With a start: the middles of n equal pieces, as MVBench's own code does it (OpenGVLab/Ask-Anything, video_chat2/mvbench.ipynb,
/// commit 4dd8210b): first = max(f0, round(start * fps)), last = min(round(end * fps), M),
/// index = int(first + step / 2 + round(step * i)) with step = (last - first) / n and halves to even. Without one (LongVideoBench's stated
/// duration): <see cref="UniformSampler"/> over the first int(end * fps) frames, or <see cref="EqualSteps"/> where the source says so.
/// </remarks>
internal sealed class ClipSampler : IFrameSampler
{
    private readonly int _count;
    private readonly MediaSource _media;
    private readonly double? _perSecond;

    /// <summary>Makes the rule.</summary>
    /// <param name="count">Frames to take, at least 1.</param>
    /// <param name="media">A source with a start or an end.</param>
    /// <param name="perSecond">Take at most this many frames a second instead of evenly spread ones; null for those.</param>
    /// <exception cref="WinnowException">A rate is given for a part whose frames have a rule of their own.</exception>
    public ClipSampler(int count, MediaSource media, double? perSecond = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        if (perSecond is { } rate && (media.Start is not null || media.InEqualSteps))
            throw new WinnowException(
                $"{rate} frames a second were asked for, but the benchmark says itself which frames of {media.Path} are looked at; "
                    + "leave --fps out.");
        (_count, _media, _perSecond) = (count, media, perSecond);
    }

    /// <inheritdoc/>
    public FrameSelection Select(int frameCount, double framesPerSecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(frameCount);
        double rate = _media.FrameFolderRate ?? framesPerSecond;
        if (!(rate > 0))
            throw new WinnowException(
                $"{_media.Path} states no frame rate, so that a part given in seconds cannot be found in it; "
                    + "re-encode it at a fixed rate.");
        return _media.Start is { } start
            ? Middles(start.TotalSeconds, frameCount, rate)
            : FromStart(_media.End!.Value.TotalSeconds, frameCount, rate);
    }

    private FrameSelection Middles(double start, int frameCount, double rate)
    {
        // Numbered frames of a folder begin at 1; the frames that come out of it here at 0.
        int numbering = _media.FrameFolderRate is null ? 0 : 1;
        double first = Math.Max(numbering, Math.Round(start * rate, MidpointRounding.ToEven));
        double most = frameCount - 1 + numbering;
        double last = _media.End is { } end ? Math.Min(Math.Round(end.TotalSeconds * rate, MidpointRounding.ToEven), most) : most;
        if (first > last)
            throw new WinnowException(
                $"{_media.Path} has {frameCount} frames; "
                    + $"the part from {start} s to {_media.End?.TotalSeconds} s at {rate} frames a second lies beyond its end.");
        double step = (last - first) / _count;
        int[] indices = [.. Enumerable.Range(0, _count)
            .Select(i => (int)Math.Min(most, first + step / 2 + Math.Round(step * i, MidpointRounding.ToEven)) - numbering)];
        return new FrameSelection { Indices = indices, FrameCount = frameCount };
    }

    private FrameSelection FromStart(double end, int frameCount, double rate)
    {
        int frames = Math.Clamp((int)(end * rate), 1, frameCount);
        if (_media.InEqualSteps)
            return new FrameSelection { Indices = EqualSteps.Indices(end, frames, _count), FrameCount = frameCount };
        IFrameSampler sampler = _perSecond is { } perSecond ? new FpsSampler(perSecond, _count) : new UniformSampler(_count);
        return sampler.Select(frames, rate) with { FrameCount = frameCount };
    }
}
