using Winnow.Numerics.Kernels;

namespace Winnow.Numerics;

/// <summary>Row-wise softmax in f32.</summary>
public static unsafe class Softmax
{
    /// <summary><c>x = exp(x - max) / sum exp(x - max)</c> for each row, in place.</summary>
    /// <param name="compute">Threads and instruction set.</param>
    /// <param name="x">Logits [rows, columns]; negative infinity gives probability zero, a row of nothing else gives NaN.</param>
    /// <param name="rows">Number of rows, zero or more.</param>
    /// <param name="columns">Width of a row, at least 1.</param>
    public static void Rows(Compute compute, Span<float> x, int rows, int columns)
    {
        ArgumentNullException.ThrowIfNull(compute);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        Check.Length(x.Length, (long)rows * columns, nameof(x), "rows x columns");
        using Compute.Lease lease = compute.Enter();
        fixed (float* px = x)
        {
            Job job = new() { Kernel = compute.Kernels.Elementwise, X = px, Columns = columns };
            compute.Run(rows, job);
        }
    }

    private sealed class Job : IParallelJob
    {
        public required ElementwiseKernel Kernel;
        public float* X;
        public int Columns;

        public void Run(int index, int worker) => Kernel.Softmax(X + ((long)index * Columns), Columns);
    }
}
