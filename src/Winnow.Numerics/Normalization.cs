namespace Winnow.Numerics;

/// <summary>Row-wise normalisations in f32.</summary>
public static unsafe class Normalization
{
    /// <summary><c>y = x / sqrt(mean(x^2) + eps) * weight</c> for each row (Zhang and Sennrich, arXiv 1910.07467).</summary>
    /// <param name="compute">Threads and instruction set.</param>
    /// <param name="x">Input [rows, dim].</param>
    /// <param name="rows">Number of rows, zero or more.</param>
    /// <param name="dim">Width of a row, at least 1.</param>
    /// <param name="weight">[dim], multiplied as it is (not 1 + weight).</param>
    /// <param name="eps">Added to the mean square.</param>
    /// <param name="y">Result [rows, dim]; may be x itself.</param>
    public static void RmsNorm(
        Compute compute, ReadOnlySpan<float> x, int rows, int dim, ReadOnlySpan<float> weight, float eps, Span<float> y) =>
        Run(compute, x, rows, dim, weight, default, eps, y, center: false);

    /// <summary><c>y = (x - mean) / sqrt(variance + eps) * weight + bias</c> for each row, with the biased variance (arXiv 1607.06450).</summary>
    /// <param name="compute">Threads and instruction set.</param>
    /// <param name="x">Input [rows, dim].</param>
    /// <param name="rows">Number of rows, zero or more.</param>
    /// <param name="dim">Width of a row, at least 1.</param>
    /// <param name="weight">[dim].</param>
    /// <param name="bias">[dim], or empty for none.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="y">Result [rows, dim]; may be x itself.</param>
    public static void LayerNorm(
        Compute compute,
        ReadOnlySpan<float> x,
        int rows,
        int dim,
        ReadOnlySpan<float> weight,
        ReadOnlySpan<float> bias,
        float eps,
        Span<float> y) => Run(compute, x, rows, dim, weight, bias, eps, y, center: true);

    private static void Run(
        Compute compute,
        ReadOnlySpan<float> x,
        int rows,
        int dim,
        ReadOnlySpan<float> weight,
        ReadOnlySpan<float> bias,
        float eps,
        Span<float> y,
        bool center)
    {
        ArgumentNullException.ThrowIfNull(compute);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(dim, 1);
        Check.Length(x.Length, (long)rows * dim, nameof(x), "rows x dim");
        Check.Length(y.Length, (long)rows * dim, nameof(y), "rows x dim");
        Check.Length(weight.Length, dim, nameof(weight), "dim");
        if (!bias.IsEmpty)
        {
            Check.Length(bias.Length, dim, nameof(bias), "dim");
        }

        using Compute.Lease lease = compute.Enter();
        fixed (float* px = x, pw = weight, pb = bias, py = y)
        {
            Job job = new() { X = px, Weight = pw, Bias = pb, Y = py, Dim = dim, Eps = eps, Center = center };
            compute.Run(rows, ref job);
        }
    }

    private struct Job : IParallelJob
    {
        public float* X;
        public float* Weight;
        public float* Bias;
        public float* Y;
        public int Dim;
        public float Eps;
        public bool Center;

        public readonly void Run(int index, int worker)
        {
            float* x = X + ((long)index * Dim);
            float* y = Y + ((long)index * Dim);
            double mean = 0;
            if (Center)
            {
                for (int i = 0; i < Dim; i++)
                {
                    mean += x[i];
                }

                mean /= Dim;
            }

            double square = 0;
            for (int i = 0; i < Dim; i++)
            {
                square += (x[i] - mean) * (x[i] - mean);
            }

            float scale = (float)(1 / Math.Sqrt((square / Dim) + Eps));
            for (int i = 0; i < Dim; i++)
            {
                float value = (x[i] - (float)mean) * scale * Weight[i];
                y[i] = Bias is null ? value : value + Bias[i];
            }
        }
    }
}
