using Winnow.Media;
using Winnow.Reduction;

namespace Winnow.Engine;

/// <summary>Which frames are looked at, and what the method wants to know of them.</summary>
public sealed record EncodeOptions
{
    /// <summary>
    /// Frames to take, uniformly over the video; null for the checkpoint's own number (or 32, the number of the published benchmarks).
    /// </summary>
    public int? Frames { get; init; }

    /// <summary>
    /// Take at most this many frames a second (LLaVA-Video's policy; <see cref="Frames"/> caps their number); null for uniform.
    /// </summary>
    public double? FramesPerSecond { get; init; }

    /// <summary>
    /// A rule of the caller's own instead of <see cref="Frames"/> and <see cref="FramesPerSecond"/>, such as one for a part of the video;
    /// null for those.
    /// </summary>
    public IFrameSampler? Sampler { get; init; }

    /// <summary>The signals that the method declared.</summary>
    public IReadOnlyList<SignalNeed> Needs { get; init; } = [];

    /// <summary>What happens to the patches before and inside the vision encoder.</summary>
    public EncoderReduction Encoder { get; init; } = EncoderReduction.None;

    /// <summary>
    /// Chooses the frames among candidates that are spread over the video like those of <see cref="Frames"/>, only more; null to take the
    /// frames as they are spread.
    /// </summary>
    public IFrameSelector? Selector { get; init; }

    /// <summary>Candidates that a selector looks at; null for four times the frames. Fewer where the video has fewer frames.</summary>
    public int? Candidates { get; init; }

    /// <summary>The question, for selectors that look at it.</summary>
    public string? Question { get; init; }

    /// <summary>These options with what methods need of the encoding, and with their own part in it.</summary>
    public EncodeOptions For(ReductionChoice choice) =>
        this with { Needs = [.. Needs, .. choice.Reducer?.Needs ?? []], Encoder = choice.Encoder, Selector = choice.Selector };
}
