namespace Winnow.Numerics.Tests;

/// <summary>Slow, obvious double-precision versions of the kernels.</summary>
internal static class Oracle
{
    public static float[] Random(int seed, long count, double scale = 1)
    {
        Random random = new(seed);
        float[] values = new float[count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(((random.NextDouble() * 2) - 1) * scale);
        }

        return values;
    }

    public static float[] Read(WeightMatrix w)
    {
        float[] values = new float[w.Rows * w.Columns];
        for (int row = 0; row < w.Rows; row++)
        {
            w.ReadRow(row, values.AsSpan(row * w.Columns, w.Columns));
        }

        return values;
    }

    /// <summary>The product and, per element, the sum of magnitudes that bounds its rounding.</summary>
    public static (double[] Value, double[] Magnitude) Multiply(float[] x, int m, float[] w, int n, float[] bias)
    {
        int k = x.Length / Math.Max(m, 1);
        double[] value = new double[m * n];
        double[] magnitude = new double[m * n];
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double sum = bias.Length == 0 ? 0 : bias[j];
                double size = Math.Abs(sum);
                for (int l = 0; l < k; l++)
                {
                    double term = (double)x[(i * k) + l] * w[(j * k) + l];
                    sum += term;
                    size += Math.Abs(term);
                }

                value[(i * n) + j] = sum;
                magnitude[(i * n) + j] = size;
            }
        }

        return (value, magnitude);
    }

    public static double GeluTanh(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    /// <summary>0.5 x (1 + erf(x / sqrt 2)) by Simpson integration of the normal density, accurate to about 1e-9 of the tail.</summary>
    public static double GeluErf(double x)
    {
        // Integrate the tail that is small, so that the result keeps its relative accuracy.
        double from = -Math.Abs(x);
        double low = from - 12;
        const int Steps = 1200;
        double h = (from - low) / Steps;
        double sum = 0;
        for (int i = 0; i <= Steps; i++)
        {
            double t = low + (i * h);
            sum += Math.Exp(-0.5 * t * t) * (i is 0 or Steps ? 1 : i % 2 == 1 ? 4 : 2);
        }

        double tail = sum * h / 3 / Math.Sqrt(2 * Math.PI);
        return x * (x > 0 ? 1 - tail : tail);
    }

    public static double Silu(double x) => x / (1 + Math.Exp(-x));

    public static void Close(double expected, double actual, double tolerance, string what)
    {
        if (!(Math.Abs(expected - actual) <= tolerance))
        {
            Assert.Fail($"{what}: expected {expected}, got {actual}, off by {Math.Abs(expected - actual):g3}, allowed {tolerance:g3}");
        }
    }
}
