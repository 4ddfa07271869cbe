namespace Winnow.Media.Tests.Decode;

/// <summary>A rule that takes every frame once.</summary>
internal sealed class EveryFrame : IFrameSampler
{
    public FrameSelection Select(int frameCount, double framesPerSecond) =>
        new() { Indices = [.. Enumerable.Range(0, frameCount)], FrameCount = frameCount };
}
