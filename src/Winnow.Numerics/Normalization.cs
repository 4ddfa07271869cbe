using Winnow.Numerics.Kernels;

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

    /// <summary>
    /// <c>y = (x - mean) / sqrt(variance + eps) * weight + bias</c> for each row, with the biased variance (arXiv 1607.06450).
    /// </summary>
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
            Job job = new()
            {
                Kernel = compute.Kernels.Elementwise,
                X = px,
                Weight = pw,
                Bias = pb,
                Y = py,
                Rows = rows,
                Dim = dim,
                Eps = eps,
                Center = center,
            };
            compute.Run((rows + Job.RowsPerPiece - 1) / Job.RowsPerPiece, job);
        }
    }

    private sealed class Job : IParallelJob
    {
        public const int RowsPerPiece = 8;
        public required ElementwiseKernel Kernel;
        public float* X;
        public float* Weight;
        public float* Bias;
        public float* Y;
        public int Rows;
        public int Dim;
        public float Eps;
        public bool Center;

        public void Run(int index, int worker)
        {
            int end = Math.Min(Rows, (index + 1) * RowsPerPiece);
            for (int row = index * RowsPerPiece; row < end; row++)
            {
                float* x = X + ((long)row * Dim);
                float* y = Y + ((long)row * Dim);
                if (Center)
                {
                    Kernel.LayerNorm(x, Weight, Bias, Eps, y, Dim);
                }
                else
                {
                    Kernel.RmsNorm(x, Weight, Eps, y, Dim);
                }
            }
        }
    }
}
