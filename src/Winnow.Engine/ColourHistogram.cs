namespace Winnow.Engine;

/// <summary>What colours a picture has, and roughly where: cheap, and steady when things move a little or brighten a little.</summary>
internal static class ColourHistogram
{
    private const int Levels = 4;
    private const int Colours = Levels * Levels * Levels;
    private const int Quarters = 4;

    /// <summary>
    /// Shares of the pixels by quarter of the picture and by colour, at four levels of red, green and blue. A pixel between levels counts
    /// to both by its nearness, so that colours at the border of two do not flicker.
    /// </summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="rgb"><c>[height, width, 3]</c>.</param>
    /// <returns><c>[256]</c>, summing to 1.</returns>
    public static float[] Of(int width, int height, ReadOnlySpan<byte> rgb)
    {
        double[] shares = new double[Quarters * Colours];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                int quarter = (2 * y >= height ? 2 : 0) + (2 * x >= width ? 1 : 0);
                Add(shares.AsSpan(quarter * Colours, Colours), rgb.Slice((y * width + x) * 3, 3));
            }
        return Array.ConvertAll(shares, share => (float)(share / ((double)width * height)));
    }

    private static void Add(Span<double> colours, ReadOnlySpan<byte> pixel)
    {
        (int red, double redShare) = Level(pixel[0]);
        (int green, double greenShare) = Level(pixel[1]);
        (int blue, double blueShare) = Level(pixel[2]);
        for (int corner = 0; corner < 8; corner++)
        {
            (int r, int g, int b) = (corner >> 2, corner >> 1 & 1, corner & 1);
            double share = Share(r, redShare) * Share(g, greenShare) * Share(b, blueShare);
            if (share > 0)
                colours[((red + r) * Levels + green + g) * Levels + blue + b] += share;
        }
    }

    /// <summary>The level below, and the share of the one above.</summary>
    private static (int Below, double Above) Level(byte value)
    {
        double level = value * (Levels - 1) / 255.0;
        int below = (int)level;
        return (below, level - below);
    }

    private static double Share(int upper, double above) => upper == 1 ? above : 1 - above;
}
