using Winnow.Numerics.Kernels;

namespace Winnow.Numerics;

/// <summary>Elementwise activation functions, accurate to a few units in the last place of f32.</summary>
public static unsafe class Activations
{
    /// <summary>
    /// <c>y = 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))</c>, the tanh form of Hendrycks and Gimpel (arXiv 1606.08415).
    /// </summary>
    /// <param name="compute">Threads and instruction set.</param>
    /// <param name="x">Input of any length.</param>
    /// <param name="y">Result of the same length; may be x itself.</param>
    public static void GeluTanh(Compute compute, ReadOnlySpan<float> x, Span<float> y) => Map(compute, x, x, y, Function.GeluTanh);

    /// <summary><c>y = 0.5 x (1 + erf(x / sqrt(2)))</c>, the exact form.</summary>
    /// <param name="compute">Threads and instruction set.</param>
    /// <param name="x">Input of any length.</param>
    /// <param name="y">Result of the same length; may be x itself.</param>
    public static void GeluErf(Compute compute, ReadOnlySpan<float> x, Span<float> y) => Map(compute, x, x, y, Function.GeluErf);

    /// <summary><c>y = silu(gate) up</c> with <c>silu(g) = g / (1 + exp(-g))</c>.</summary>
    /// <param name="compute">Threads and instruction set.</param>
    /// <param name="gate">Input of any length.</param>
    /// <param name="up">Input of the same length.</param>
    /// <param name="y">Result of the same length; may be either input itself.</param>
    public static void SiluMultiply(Compute compute, ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y) =>
        Map(compute, gate, up, y, Function.SiluMultiply);

    private enum Function
    {
        GeluTanh,
        GeluErf,
        SiluMultiply,
    }

    private static void Map(Compute compute, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y, Function function)
    {
        ArgumentNullException.ThrowIfNull(compute);
        Check.Length(b.Length, a.Length, "up", "gate.Length");
        Check.Length(y.Length, a.Length, nameof(y), "the input's length");
        using Compute.Lease lease = compute.Enter();
        fixed (float* pa = a, pb = b, py = y)
        {
            Job job = new() { Kernel = compute.Kernels.Elementwise, A = pa, B = pb, Y = py, Count = a.Length, Function = function };
            compute.Run((a.Length + Job.Chunk - 1) / Job.Chunk, job);
        }
    }

    private sealed class Job : IParallelJob
    {
        public const int Chunk = 4096;
        public required ElementwiseKernel Kernel;
        public float* A;
        public float* B;
        public float* Y;
        public int Count;
        public Function Function;

        public void Run(int index, int worker)
        {
            int end = (int)Math.Min(Count, (index + 1L) * Chunk);
            int start = index * Chunk;
            switch (Function)
            {
                case Function.GeluTanh:
                    Kernel.GeluTanh(A + start, Y + start, end - start);
                    break;
                case Function.GeluErf:
                    Kernel.GeluErf(A + start, Y + start, end - start);
                    break;
                default:
                    Kernel.SiluMultiply(A + start, B + start, Y + start, end - start);
                    break;
            }
        }
    }
}
