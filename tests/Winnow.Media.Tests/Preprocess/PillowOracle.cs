namespace Winnow.Media.Tests.Preprocess;

/// <summary>The resize of specs/models/llava-onevision.md, section 5.1, written down plainly for one channel: slow and obvious.</summary>
internal static class PillowOracle
{
    public static byte[] Resize(byte[] source, int width, int height, int newWidth, int newHeight)
    {
        byte[] middle = new byte[newWidth * height];
        for (int y = 0; y < height; y++)
            Line(i => source[(y * width) + i], width, newWidth, (j, value) => middle[(y * newWidth) + j] = value);
        byte[] target = new byte[newWidth * newHeight];
        for (int x = 0; x < newWidth; x++)
            Line(i => middle[(i * newWidth) + x], height, newHeight, (j, value) => target[(j * newWidth) + x] = value);
        return target;
    }

    private static void Line(Func<int, byte> input, int n, int m, Action<int, byte> output)
    {
        if (m == n)
        {
            for (int i = 0; i < n; i++)
                output(i, input(i));
            return;
        }
        double scale = (double)n / m, fs = Math.Max(scale, 1), s = 2 * fs;
        for (int j = 0; j < m; j++)
        {
            double c = (j + 0.5) * scale;
            int lo = Math.Max(0, (int)Math.Truncate(c - s + 0.5)), hi = Math.Min(n, (int)Math.Truncate(c + s + 0.5));
            double[] w = [.. Enumerable.Range(lo, hi - lo).Select(k => B((k - c + 0.5) / fs))];
            double sum = w.Sum();
            long total = 1 << 21;
            for (int k = lo; k < hi; k++)
            {
                double weight = w[k - lo] / sum;
                total += input(k) * (long)Math.Truncate((weight * (1 << 22)) + (weight < 0 ? -0.5 : 0.5));
            }
            output(j, (byte)Math.Clamp(total >> 22, 0, 255));
        }
    }

    private static double B(double x)
    {
        const double A = -0.5;
        double t = Math.Abs(x);
        return t < 1 ? (((A + 2) * t) - (A + 3)) * t * t + 1 : t < 2 ? ((((t - 5) * t) + 8) * t - 4) * A : 0;
    }
}
