using Winnow.Video;

namespace Winnow.Media;

/// <summary>Turns frames into a vision tower's input: bicubic resize with antialias, rescale, normalise.</summary>
/// <remarks>
/// Takes frames of any size; the weights of the last size are kept, since a video has one size throughout. May be shared between threads.
/// </remarks>
public sealed class FramePreprocessor
{
    private readonly PreprocessOptions _options;
    private readonly PixelNormalizer _normalizer;
    private BicubicResizer? _resizer;

    /// <summary>Prepares the tables.</summary>
    /// <exception cref="ArgumentException">The options are out of range.</exception>
    public FramePreprocessor(PreprocessOptions options)
    {
        _normalizer = new PixelNormalizer(options);
        _options = options;
    }

    /// <summary>Number of values of one frame: 3 * height * width.</summary>
    public int Length => 3 * _options.Height * _options.Width;

    /// <summary>Converts a frame.</summary>
    /// <returns><c>[3, height, width]</c>, float32, row-major.</returns>
    public float[] Process(Frame frame) => Process(frame.Width, frame.Height, frame.Pixels);

    /// <summary>Converts a frame given as pixels, as <see cref="FrameConverter{TFrame}"/> receives it.</summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="pixels"><c>[height, width, 3]</c>, R G B.</param>
    /// <returns><c>[3, height, width]</c> in the options' size, float32, row-major.</returns>
    public float[] Process(int width, int height, ReadOnlySpan<byte> pixels)
    {
        float[] planes = new float[Length];
        Process(width, height, pixels, planes);
        return planes;
    }

    /// <summary>Converts a frame into the caller's memory.</summary>
    /// <inheritdoc cref="Process(int, int, ReadOnlySpan{byte})"/>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="pixels"><c>[height, width, 3]</c>, R G B.</param>
    /// <param name="planes"><c>[3, height, width]</c> in the options' size; <see cref="Length"/> values.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public void Process(int width, int height, ReadOnlySpan<byte> pixels, Span<float> planes) =>
        Normalize(Resize(width, height, pixels), planes);

    /// <summary>
    /// The first half of <see cref="Process(int, int, ReadOnlySpan{byte})"/>: frames that wait for the
    /// tower take a quarter of the memory this way.
    /// </summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="pixels"><c>[height, width, 3]</c>, R G B.</param>
    /// <returns><c>[height, width, 3]</c> in the options' size.</returns>
    public byte[] Resize(int width, int height, ReadOnlySpan<byte> pixels)
    {
        byte[] resized = new byte[Length];
        ResizerFor(width, height).Resize(pixels, resized);
        return resized;
    }

    /// <summary>The second half of <see cref="Process(int, int, ReadOnlySpan{byte})"/>.</summary>
    /// <param name="resized"><c>[height, width, 3]</c> in the options' size, as <see cref="Resize"/> returns it.</param>
    /// <param name="planes"><c>[3, height, width]</c>; <see cref="Length"/> values.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public void Normalize(ReadOnlySpan<byte> resized, Span<float> planes) => _normalizer.Normalize(resized, planes);

    // Threads that race here at worst compute the same weights twice.
    private BicubicResizer ResizerFor(int width, int height)
    {
        BicubicResizer? resizer = _resizer;
        if (resizer is null || resizer.SourceWidth != width || resizer.SourceHeight != height)
            _resizer = resizer = new BicubicResizer(width, height, _options.Width, _options.Height);
        return resizer;
    }
}
