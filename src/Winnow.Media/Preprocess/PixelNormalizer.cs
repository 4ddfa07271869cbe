namespace Winnow.Media;

/// <summary>Turns 8-bit RGB into the float32 planes that a vision tower takes: rescaled, then normalised for each channel.</summary>
/// <remarks>
/// A level v becomes <c>x = float32(v * rescale)</c>, the product in double, then <c>(x - mean) / std</c> in float32; both are looked up in
/// a table of 256 entries a channel. A processor that fuses the two steps differs by a unit in the last place at most. Immutable: may be
/// shared between threads.
/// </remarks>
public sealed class PixelNormalizer
{
    private const int Channels = 3;
    private const int Levels = 256;

    private readonly float[][] _tables;

    /// <summary>Computes the tables.</summary>
    /// <exception cref="ArgumentException">The options are out of range.</exception>
    public PixelNormalizer(PreprocessOptions options)
    {
        options.Validate();
        _tables = [.. Enumerable.Range(0, Channels).Select(channel => Table(options, channel))];
    }

    /// <summary>Converts one picture.</summary>
    /// <param name="pixels"><c>[height, width, 3]</c>, R G B.</param>
    /// <param name="planes"><c>[3, height, width]</c>; as many values as there are bytes.</param>
    /// <exception cref="ArgumentException">The lengths differ or are no multiple of 3.</exception>
    public void Normalize(ReadOnlySpan<byte> pixels, Span<float> planes)
    {
        if (pixels.Length != planes.Length || pixels.Length % Channels != 0)
            throw new ArgumentException(
                $"There are {pixels.Length} bytes for {planes.Length} values; both must be the same multiple of 3.", nameof(planes));
        int count = pixels.Length / Channels;
        Span<float> red = planes[..count];
        Span<float> green = planes.Slice(count, count);
        Span<float> blue = planes[(2 * count)..];
        ReadOnlySpan<float> reds = _tables[0];
        ReadOnlySpan<float> greens = _tables[1];
        ReadOnlySpan<float> blues = _tables[2];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> pixel = pixels.Slice(i * Channels, Channels);
            red[i] = reds[pixel[0]];
            green[i] = greens[pixel[1]];
            blue[i] = blues[pixel[2]];
        }
    }

    private static float[] Table(PreprocessOptions options, int channel)
    {
        float mean = (float)options.Mean[channel];
        float deviation = (float)options.StandardDeviation[channel];
        float[] table = new float[Levels];
        for (int level = 0; level < Levels; level++)
        {
            float value = options.Rescale ? (float)(level * options.RescaleFactor) : level;
            table[level] = options.Normalize ? (value - mean) / deviation : value;
        }
        return table;
    }
}
