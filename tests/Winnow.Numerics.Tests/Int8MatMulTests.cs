using FsCheck;
using FsCheck.Fluent;
using Winnow.Numerics.Kernels;

namespace Winnow.Numerics.Tests;

public class Int8MatMulTests
{
    [Fact]
    public void Product_of_random_shape_stays_within_what_the_steps_imply()
    {
        Gen<(int M, int N, int K, int Group, int Seed)> shapes =
            from m in Gen.Choose(1, 50)
            from n in Gen.Choose(1, 100)
            from k in Gen.Choose(1, 600)
            from groupSize in Gen.Elements(16, 32, 36, 128, 256)
            from seed in Gen.Choose(0, 1000)
            select (m, n, k, groupSize, seed);
        Prop.ForAll(Arb.From(shapes), s => CheckBound(s.M, s.N, s.K, s.Group, s.Seed)).Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    [Theory]
    [InlineData(1, 64, 896, 128)]
    [InlineData(4, 33, 4304, 128)]
    [InlineData(13, 65, 896, 64)]
    [InlineData(150, 96, 1157, 128)]
    public void Product_of_model_shape_stays_within_what_the_steps_imply(int m, int n, int k, int groupSize) =>
        CheckBound(m, n, k, groupSize, seed: 3);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(20)]
    public void Every_path_gives_the_same_integers(int m)
    {
        const int N = 75, K = 401;
        float[] x = Oracle.Random(1, m * K);
        WeightMatrix w = WeightMatrix.FromValues(Oracle.Random(2, N * K), N, K).Quantize(Paths.All[0], 64);
        float[] first = new float[m * N];
        MatMul.Multiply(Paths.All[0], x, m, w, default, first);
        foreach (Compute compute in Paths.All.Skip(1))
        {
            float[] y = new float[m * N];
            MatMul.Multiply(compute, x, m, w, default, y);
            for (int i = 0; i < y.Length; i++)
            {
                // One integer step off would be (1/127)^2 of magnitude; the f32 sum of seven scaled integers differs by far less.
                Oracle.Close(first[i], y[i], 5e-6, $"{compute.Path} at {i}");
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(20)]
    public void Byte_products_give_the_same_integers_as_pairs(int m)
    {
        if (!Compute.IsSupported(KernelPath.Avx2))
        {
            return;
        }

        KernelSet kernels = KernelSet.For(KernelPath.Avx2) with { Int8 = new ByteProduct<EmulatedByte256>() };
        using Compute bytes = new(2, KernelPath.Avx2, kernels);
        foreach ((int n, int k, int groupSize) in new[] { (75, 401, 64), (32, 36, 16), (130, 1300, 128) })
        {
            float[] x = Oracle.Random(1, m * k);
            WeightMatrix w = WeightMatrix.FromValues(Oracle.Random(2, n * k), n, k).Quantize(Paths.All[0], groupSize);
            float[] expected = new float[m * n];
            float[] actual = new float[m * n];
            MatMul.Multiply(Paths.All[^1], x, m, w, default, expected);
            MatMul.Multiply(bytes, x, m, w, default, actual);
            for (int i = 0; i < expected.Length; i++)
            {
                Oracle.Close(expected[i], actual[i], 2e-5, $"{m}x{n}x{k} at {i}");
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    public void Epilogues_and_bias_apply_to_int8_too(int m)
    {
        const int N = 70, K = 200;
        float[] x = Oracle.Random(1, m * K);
        float[] bias = Oracle.Random(3, N);
        float[] before = Oracle.Random(4, m * N);
        foreach (Compute compute in Paths.All)
        {
            WeightMatrix w = WeightMatrix.FromValues(Oracle.Random(2, N * K, 0.3), N, K).Quantize(compute);
            float[] plain = new float[m * N];
            float[] sum = (float[])before.Clone();
            float[] gelu = new float[m * N];
            float[] gated = new float[m * N];
            MatMul.Multiply(compute, x, m, w, bias, plain);
            MatMul.Multiply(compute, x, m, w, bias, sum, Epilogue.Accumulate);
            MatMul.Multiply(compute, x, m, w, bias, gelu, Epilogue.GeluErf);
            MatMul.MultiplySwiGlu(compute, x, m, w, w, gated);
            for (int i = 0; i < plain.Length; i++)
            {
                double bare = plain[i] - bias[i % N];
                Oracle.Close(before[i] + plain[i], sum[i], 2e-6 * (1 + Math.Abs(plain[i])), $"{compute.Path} accumulate {i}");
                Oracle.Close(Oracle.GeluErf(plain[i]), gelu[i], 2e-6 * (1 + Math.Abs(plain[i])), $"{compute.Path} gelu {i}");
                Oracle.Close(Oracle.Silu(bare) * bare, gated[i], 1e-5 * (1 + (bare * bare)), $"{compute.Path} swiglu {i}");
            }
        }
    }

    /// <summary>
    /// With weights rounded to q_w s_w (half a step off, checked elsewhere) and activations to q_x s_x, an output differs from the
    /// product with the rounded weights by at most the sum over inputs of (s_x / 2) |w|, where s_x = max |x| of the group / 127.
    /// </summary>
    private static void CheckBound(int m, int n, int k, int groupSize, int seed)
    {
        float[] x = Oracle.Random(seed, (long)m * k);
        WeightMatrix w = WeightMatrix.FromValues(Oracle.Random(seed + 1, (long)n * k), n, k).Quantize(Paths.All[0], groupSize);
        float[] rounded = Oracle.Read(w);
        (double[] value, double[] magnitude) = Oracle.Multiply(x, m, rounded, n, []);
        foreach (Compute compute in Paths.All)
        {
            float[] y = new float[m * n];
            MatMul.Multiply(compute, x, m, w, default, y);
            for (int i = 0; i < m; i++)
            {
                double[] halfSteps = HalfSteps(x.AsSpan(i * k, k), groupSize);
                for (int j = 0; j < n; j++)
                {
                    double bound = 1e-5 * magnitude[(i * n) + j];
                    for (int l = 0; l < k; l++)
                    {
                        bound += halfSteps[l / groupSize] * 1.001 * Math.Abs(rounded[(j * k) + l]);
                    }

                    Oracle.Close(value[(i * n) + j], y[(i * n) + j], bound, $"{compute.Path} {m}x{n}x{k}/{groupSize} at {i},{j}");
                }
            }
        }
    }

    private static double[] HalfSteps(ReadOnlySpan<float> row, int groupSize)
    {
        double[] steps = new double[(row.Length + groupSize - 1) / groupSize];
        for (int l = 0; l < row.Length; l++)
        {
            steps[l / groupSize] = Math.Max(steps[l / groupSize], Math.Abs(row[l]) / 254.0);
        }

        return steps;
    }
}
