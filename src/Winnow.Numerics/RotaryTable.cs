using Winnow.Numerics.Kernels;

namespace Winnow.Numerics;

/// <summary>
/// The cosines and sines of rotary position embedding (arXiv 2104.09864) for one list of rows, built once per forward pass and
/// used by every layer.
/// </summary>
/// <remarks>
/// Half-split layout: element i is paired with element i + headSize / 2, and pair i turns by <c>position * theta^(-2i / headSize)</c>.
/// Frequencies and angles are rounded to f32 before the cosine is taken, as the reference implementations do.
/// </remarks>
public sealed unsafe class RotaryTable
{
    private readonly float[] _cosines;
    private readonly float[] _sines;

    /// <summary>Computes the table.</summary>
    /// <param name="positions">The position of each row; any order, repeats and gaps allowed, zero or more.</param>
    /// <param name="headSize">Elements per head, even.</param>
    /// <param name="theta">Base of the frequencies, above zero (Qwen2: 1e6).</param>
    public RotaryTable(ReadOnlySpan<int> positions, int headSize, double theta)
    {
        if (headSize < 2 || headSize % 2 != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(headSize), headSize, "headSize must be even and at least 2.");
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(theta);
        HeadSize = headSize;
        Rows = positions.Length;
        int half = headSize / 2;
        _cosines = new float[checked(positions.Length * half)];
        _sines = new float[_cosines.Length];
        for (int i = 0; i < half; i++)
        {
            float frequency = (float)Math.Pow(theta, -2.0 * i / headSize);
            for (int row = 0; row < positions.Length; row++)
            {
                (double sine, double cosine) = Math.SinCos((float)positions[row] * frequency);
                _cosines[(row * half) + i] = (float)cosine;
                _sines[(row * half) + i] = (float)sine;
            }
        }
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Elements per head.</summary>
    public int HeadSize { get; }

    /// <summary>Turns every head of every row in place.</summary>
    /// <param name="compute">Threads and instruction set.</param>
    /// <param name="x">Queries or keys [<see cref="Rows"/>, heads * <see cref="HeadSize"/>].</param>
    /// <param name="heads">Heads per row, at least 1.</param>
    public void Apply(Compute compute, Span<float> x, int heads)
    {
        ArgumentNullException.ThrowIfNull(compute);
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        Check.Length(x.Length, (long)Rows * heads * HeadSize, nameof(x), "Rows x heads x HeadSize");
        using Compute.Lease lease = compute.Enter();
        fixed (float* px = x, cosines = _cosines, sines = _sines)
        {
            Job job = new()
            {
                Kernel = compute.Kernels.Elementwise,
                X = px,
                Cosines = cosines,
                Sines = sines,
                Heads = heads,
                Half = HeadSize / 2,
            };
            compute.Run(Rows, job);
        }
    }

    private sealed class Job : IParallelJob
    {
        public required ElementwiseKernel Kernel;
        public float* X;
        public float* Cosines;
        public float* Sines;
        public int Heads;
        public int Half;

        public void Run(int index, int worker)
        {
            float* cosines = Cosines + ((long)index * Half);
            float* sines = Sines + ((long)index * Half);
            for (int head = 0; head < Heads; head++)
            {
                float* low = X + ((((long)index * Heads) + head) * 2 * Half);
                Kernel.Rotate(low, low + Half, cosines, sines, Half);
            }
        }
    }
}
