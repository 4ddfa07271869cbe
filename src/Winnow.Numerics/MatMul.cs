using System.Numerics;

namespace Winnow.Numerics;

/// <summary>Products of f32 activations with a weight matrix of any stored type.</summary>
public static unsafe class MatMul
{
    /// <summary><c>y = epilogue(x w^T + bias)</c>, accumulated in f32 (int8 weights: exact integers within a group).</summary>
    /// <remarks>
    /// With <see cref="WeightType.Int8"/> weights each row of x is rounded, group by group, to 127 steps of its largest magnitude first.
    /// m = 1 to 4 streams the weights once, at memory bandwidth; larger m runs packed, cache-blocked tiles.
    /// </remarks>
    /// <param name="compute">Threads and instruction set.</param>
    /// <param name="x">Activations [m, K], row-major.</param>
    /// <param name="m">Rows of x, zero or more.</param>
    /// <param name="w">Weights [N, K].</param>
    /// <param name="bias">[N], or empty for none.</param>
    /// <param name="y">Result [m, N], row-major; must not overlap x.</param>
    /// <param name="epilogue">What happens to each value before it is stored.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public static void Multiply(
        Compute compute,
        ReadOnlySpan<float> x,
        int m,
        WeightMatrix w,
        ReadOnlySpan<float> bias,
        Span<float> y,
        Epilogue epilogue = Epilogue.None)
    {
        ArgumentNullException.ThrowIfNull(compute);
        ArgumentNullException.ThrowIfNull(w);
        ArgumentOutOfRangeException.ThrowIfNegative(m);
        Check.Length(x.Length, (long)m * w.Columns, nameof(x), "m x w.Columns");
        Check.Length(y.Length, (long)m * w.Rows, nameof(y), "m x w.Rows");
        if (!bias.IsEmpty)
        {
            Check.Length(bias.Length, w.Rows, nameof(bias), "w.Rows");
        }

        using Compute.Lease lease = compute.Enter();
        fixed (float* px = x, pb = bias, py = y)
        {
            Job job = new() { X = px, M = m, Bias = pb, Y = py, Epilogue = epilogue, W = System.Runtime.InteropServices.GCHandle.Alloc(w) };
            compute.Run(w.Rows, ref job);
            job.W.Free();
        }

        GC.KeepAlive(w);
    }

    /// <summary><c>y = silu(x gate^T) * (x up^T)</c>: the first half of a gated feed-forward block, without its two intermediate results.</summary>
    /// <param name="compute">Threads and instruction set.</param>
    /// <param name="x">Activations [m, K], row-major.</param>
    /// <param name="m">Rows of x, zero or more.</param>
    /// <param name="gate">Weights [N, K].</param>
    /// <param name="up">Weights [N, K] of the same stored type.</param>
    /// <param name="y">Result [m, N], row-major; must not overlap x.</param>
    /// <exception cref="ArgumentException">A length, a shape or a type does not fit.</exception>
    public static void MultiplySwiGlu(
        Compute compute, ReadOnlySpan<float> x, int m, WeightMatrix gate, WeightMatrix up, Span<float> y)
    {
        float[] other = new float[y.Length];
        Multiply(compute, x, m, gate, default, y);
        Multiply(compute, x, m, up, default, other);
        Activations.SiluMultiply(compute, y, other, y);
    }

    private struct Job : IParallelJob
    {
        public float* X;
        public int M;
        public float* Bias;
        public float* Y;
        public Epilogue Epilogue;
        public System.Runtime.InteropServices.GCHandle W;

        public readonly void Run(int index, int worker)
        {
            WeightMatrix w = (WeightMatrix)W.Target!;
            float[] row = System.Buffers.ArrayPool<float>.Shared.Rent(w.Columns);
            fixed (float* pr = row)
            {
                w.ReadRow(index, pr);
                for (int i = 0; i < M; i++)
                {
                    float* xi = X + ((long)i * w.Columns);
                    Vector<float> sum = Vector<float>.Zero;
                    int k = 0;
                    for (; k <= w.Columns - Vector<float>.Count; k += Vector<float>.Count)
                    {
                        sum = Vector.FusedMultiplyAdd(Vector.Load(xi + k), Vector.Load(pr + k), sum);
                    }

                    float total = Vector.Sum(sum);
                    for (; k < w.Columns; k++)
                    {
                        total += xi[k] * pr[k];
                    }

                    total += Bias is null ? 0 : Bias[index];
                    float* target = Y + ((long)i * w.Rows) + index;
                    *target = Epilogue switch
                    {
                        Epilogue.Accumulate => *target + total,
                        Epilogue.GeluTanh => ScalarMath.GeluTanh(total),
                        Epilogue.GeluErf => ScalarMath.GeluErf(total),
                        _ => total,
                    };
                }
            }

            System.Buffers.ArrayPool<float>.Shared.Return(row);
        }
    }
}
