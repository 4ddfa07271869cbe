using Winnow.Video;

namespace Winnow.Evaluation.Pictures;

/// <summary>Smaller copies of frames, for pages that hold many.</summary>
internal static class Thumbnail
{
    /// <summary>
    /// Shrinks a frame by a whole factor, each pixel the mean of a square, so that it is at most this
    /// wide; a narrower one is returned as it is.
    /// </summary>
    public static Frame Of(Frame frame, int width)
    {
        int factor = (frame.Width + width - 1) / width;
        if (factor <= 1)
            return frame;
        (int newWidth, int newHeight) = (frame.Width / factor, Math.Max(1, frame.Height / factor));
        int rows = Math.Min(factor, frame.Height);
        byte[] pixels = new byte[newWidth * newHeight * 3];
        for (int y = 0; y < newHeight; y++)
            for (int x = 0; x < newWidth; x++)
                for (int channel = 0; channel < 3; channel++)
                {
                    int sum = 0;
                    for (int dy = 0; dy < rows; dy++)
                        for (int dx = 0; dx < factor; dx++)
                            sum += frame.Pixels[((y * factor + dy) * frame.Width + x * factor + dx) * 3 + channel];
                    pixels[(y * newWidth + x) * 3 + channel] = (byte)(sum / (rows * factor));
                }
        return new Frame(newWidth, newHeight, pixels, frame.Index, frame.Time);
    }
}
