using System.Numerics;
using System.Runtime.Intrinsics;
using Winnow.Numerics.Kernels;

namespace Winnow.Numerics.Tests;

public class ElementwiseTests
{
    // A few units in the last place (2^-23 = 1.2e-7) of the result.
    private const double UlpTolerance = 5e-7;

    public static TheoryData<int> Lengths => [0, 1, 15, 16, 33, 4099];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Gelu_and_silu_match_double_precision(int length)
    {
        float[] x = Oracle.Random(1, length, 8);
        float[] up = Oracle.Random(2, length, 2);
        foreach (Compute compute in Paths.All)
        {
            float[] tanh = new float[length];
            float[] erf = new float[length];
            float[] silu = new float[length];
            Activations.GeluTanh(compute, x, tanh);
            Activations.GeluErf(compute, x, erf);
            Activations.SiluMultiply(compute, x, up, silu);
            for (int i = 0; i < length; i++)
            {
                // Far left of zero 1 + tanh cancels: relative to |x|, as every f32 implementation.
                double size = 1e-30 + Math.Abs(x[i]);
                Oracle.Close(Oracle.GeluTanh(x[i]), tanh[i], UlpTolerance * size, $"{compute.Path} gelu_tanh({x[i]})");
                Oracle.Close(Oracle.GeluErf(x[i]), erf[i], UlpTolerance * size, $"{compute.Path} gelu_erf({x[i]})");
                Oracle.Close(Oracle.Silu(x[i]) * up[i], silu[i], UlpTolerance * size * 2, $"{compute.Path} silu({x[i]})");
            }
        }
    }

    [Fact]
    public unsafe void Exponential_is_within_two_units_in_the_last_place()
    {
        // Every path from the smallest subnormal result to the largest finite one.
        for (double x = -103; x < 88.7; x += 0.01037)
        {
            float argument = (float)x;
            double expected = Math.Exp(argument);
            foreach ((string name, float actual) in new[]
            {
                ("512", Compute.IsSupported(KernelPath.Avx512) ? Exp<Lanes512, Vector512<float>>(argument) : (float)expected),
                ("256", Compute.IsSupported(KernelPath.Avx2) ? Exp<Lanes256, Vector256<float>>(argument) : (float)expected),
                ("portable", Exp<LanesPortable, Vector<float>>(argument)),
            })
            {
                double unit = Math.Max(MathF.BitIncrement((float)expected) - (float)expected, 1.5e-45);
                Oracle.Close(expected, actual, 2 * unit, $"{name} exp({argument})");
            }
        }

        Assert.Equal(0, Exp<LanesPortable, Vector<float>>(float.NegativeInfinity));
        Assert.Equal(float.PositiveInfinity, Exp<LanesPortable, Vector<float>>(float.PositiveInfinity));
        Assert.True(float.IsNaN(Exp<LanesPortable, Vector<float>>(float.NaN)));

        static float Exp<TLanes, TVector>(float x)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            float* result = stackalloc float[32];
            TLanes.Store(VectorMath<TLanes, TVector>.Exp(TLanes.Create(x)), result);
            return result[0];
        }
    }

    [Fact]
    public void Gelu_forms_give_the_published_values()
    {
        // Values of the LLaVA-OneVision specification, section 6, given to seven digits.
        float[] x = [-1, 0.5f, 1];
        float[] y = new float[3];
        foreach (Compute compute in Paths.All)
        {
            Activations.GeluTanh(compute, x, y);
            Assert.Equal([-0.1588080f, 0.3457140f, 0.8411920f], y, (a, b) => Math.Abs(a - b) < 1e-6);
            Activations.GeluErf(compute, x, y);
            Assert.Equal([-0.1586553f, 0.3457312f, 0.8413447f], y, (a, b) => Math.Abs(a - b) < 1e-6);
        }
    }

    [Fact]
    public void Activations_keep_extremes_and_not_a_number()
    {
        float[] x = [-1e30f, -100, 0, 100, 1e30f, float.NaN, float.PositiveInfinity];
        float[] ones = [1, 1, 1, 1, 1, 1, 1];
        float[] y = new float[x.Length];
        foreach (Compute compute in Paths.All)
        {
            foreach (Action run in new Action[]
            {
                () => Activations.GeluTanh(compute, x, y),
                () => Activations.GeluErf(compute, x, y),
                () => Activations.SiluMultiply(compute, x, ones, y),
            })
            {
                run();
                Assert.Equal([0, 0, 0, 100, 1e30f, float.NaN, float.PositiveInfinity], y, (a, b) => a.Equals(b) || Math.Abs(a - b) < 1e-20);
            }
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(5, 72)]
    [InlineData(70, 896)]
    [InlineData(2, 1152)]
    public void Norms_match_double_precision(int rows, int dim)
    {
        float[] x = Oracle.Random(1, rows * dim, 3);
        for (int i = 0; i < x.Length; i++)
        {
            x[i] += 2; // A mean far from zero, so that a one-pass variance would lose digits.
        }

        float[] weight = Oracle.Random(2, dim);
        float[] bias = Oracle.Random(3, dim);
        foreach (Compute compute in Paths.All)
        {
            float[] rms = new float[x.Length];
            float[] layer = new float[x.Length];
            Normalization.RmsNorm(compute, x, rows, dim, weight, 1e-6f, rms);
            Normalization.LayerNorm(compute, x, rows, dim, weight, bias, 1e-5f, layer);
            for (int r = 0; r < rows; r++)
            {
                double[] row = [.. x.Skip(r * dim).Take(dim).Select(v => (double)v)];
                double mean = row.Average();
                double square = row.Average(v => v * v);
                double variance = row.Average(v => (v - mean) * (v - mean));
                for (int i = 0; i < dim; i++)
                {
                    double a = row[i] / Math.Sqrt(square + 1e-6) * weight[i];
                    double b = ((row[i] - mean) / Math.Sqrt(variance + 1e-5) * weight[i]) + bias[i];
                    Oracle.Close(a, rms[(r * dim) + i], 1e-6 * (1 + Math.Abs(a)), $"{compute.Path} rms {r},{i}");
                    Oracle.Close(b, layer[(r * dim) + i], 5e-6 * (1 + Math.Abs(b)), $"{compute.Path} layer {r},{i}");
                }
            }
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 5)]
    [InlineData(3, 77)]
    public void Softmax_matches_double_precision(int rows, int columns)
    {
        float[] x = Oracle.Random(1, rows * columns, 20);
        foreach (Compute compute in Paths.All)
        {
            float[] y = (float[])x.Clone();
            Softmax.Rows(compute, y, rows, columns);
            for (int r = 0; r < rows; r++)
            {
                double[] row = [.. x.Skip(r * columns).Take(columns).Select(v => (double)v)];
                double sum = row.Sum(v => Math.Exp(v - row.Max()));
                for (int i = 0; i < columns; i++)
                {
                    // x - max is exact to half a unit in the last place of ~40: 2e-6 absolute, hence relative in the exponential.
                    double expected = Math.Exp(row[i] - row.Max()) / sum;
                    Oracle.Close(expected, y[(r * columns) + i], 4e-6 * expected, $"{compute.Path} {r},{i}");
                }
            }
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(64)]
    [InlineData(72)]
    [InlineData(128)]
    public void Rotary_turns_each_pair_by_its_angle(int headSize)
    {
        int[] positions = [0, 5, 5, 6302, 1];
        const int Heads = 3;
        float[] x = Oracle.Random(1, positions.Length * Heads * headSize);
        int half = headSize / 2;
        foreach (Compute compute in Paths.All)
        {
            float[] y = (float[])x.Clone();
            new RotaryTable(positions, headSize, 1e6).Apply(compute, y, Heads);
            for (int row = 0; row < positions.Length; row++)
            {
                for (int head = 0; head < Heads; head++)
                {
                    int start = ((row * Heads) + head) * headSize;
                    for (int i = 0; i < half; i++)
                    {
                        // The angle is rounded to f32 by definition; what is checked is the turn.
                        double angle = (float)positions[row] * (float)Math.Pow(1e6, -2.0 * i / headSize);
                        double low = (x[start + i] * Math.Cos(angle)) - (x[start + half + i] * Math.Sin(angle));
                        double high = (x[start + half + i] * Math.Cos(angle)) + (x[start + i] * Math.Sin(angle));
                        Oracle.Close(low, y[start + i], 3e-7, $"{compute.Path} row {row} head {head} pair {i}");
                        Oracle.Close(high, y[start + half + i], 3e-7, $"{compute.Path} row {row} head {head} pair {i}");
                    }
                }
            }
        }
    }
}
