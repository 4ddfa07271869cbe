namespace Winnow.Video;

/// <summary>One decoded frame, upright, as packed 8-bit RGB.</summary>
public sealed class Frame
{
    /// <summary>Wraps pixels without copying them.</summary>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <param name="pixels"><c>[height, width, 3]</c>, R G B; the frame owns the array from here on.</param>
    /// <param name="index">Number of the frame in presentation order, from 0.</param>
    /// <param name="time">Presentation time from the start of the video.</param>
    /// <exception cref="ArgumentException">The array's length is not width * height * 3.</exception>
    public Frame(int width, int height, byte[] pixels, int index, TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        if (pixels.Length != width * height * 3)
            throw new ArgumentException(
                $"A {width}x{height} RGB frame has {width * height * 3} bytes; the array has {pixels.Length}.", nameof(pixels));
        (Width, Height, Pixels, Index, Time) = (width, height, pixels, index, time);
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary><c>[height, width, 3]</c>, R G B.</summary>
    public byte[] Pixels { get; }

    /// <summary>Number of the frame in presentation order, from 0.</summary>
    public int Index { get; }

    /// <summary>Presentation time from the start of the video.</summary>
    public TimeSpan Time { get; }
}
