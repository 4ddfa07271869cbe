using Winnow.Media;

namespace Winnow.Engine;

/// <summary>Frames that a selector chose, as the rule by which they are decoded again.</summary>
/// <param name="indices">Their numbers in the video, rising.</param>
/// <param name="frameCount">Frames of the video.</param>
/// <param name="candidates">Frames that the selector looked at.</param>
internal sealed class ChosenFrames(IReadOnlyList<int> indices, int frameCount, int candidates) : IFrameSampler
{
    /// <summary>Frames that the selector looked at.</summary>
    public int Candidates => candidates;

    /// <inheritdoc/>
    public FrameSelection Select(int frameCountNow, double framesPerSecond) => new() { Indices = indices, FrameCount = frameCount };
}
