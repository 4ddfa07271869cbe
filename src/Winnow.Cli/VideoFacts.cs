using Winnow.Media;

namespace Winnow.Cli;

/// <summary>What a rule of a benchmark must know of a video before it is decoded.</summary>
internal static class VideoFacts
{
    /// <summary>Number of decodable frames and frames a second.</summary>
    /// <exception cref="WinnowException">The file cannot be decoded.</exception>
    public static (int Frames, double FramesPerSecond) Probe(string path)
    {
        // Benchmarks are read synchronously, before anything else runs; decoding one frame counts them all.
        SampledVideo<int> video = new VideoReader()
            .ReadAsync(path, new UniformSampler(1), static (index, _, _, _) => index).GetAwaiter().GetResult();
        return (video.Selection.FrameCount, video.Info.FramesPerSecond);
    }
}
