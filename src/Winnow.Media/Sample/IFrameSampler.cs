namespace Winnow.Media;

/// <summary>A rule that chooses which frames of a video go on. Pure: the same counts give the same selection.</summary>
public interface IFrameSampler
{
    /// <summary>Chooses frames.</summary>
    /// <param name="frameCount">Number of decodable frames (T), at least 1.</param>
    /// <param name="framesPerSecond">Average frame rate, or 0 where the container states none.</param>
    /// <exception cref="WinnowException">The rule does not fit this video; the message names the values and another rule.</exception>
    FrameSelection Select(int frameCount, double framesPerSecond);
}
