using FsCheck;
using FsCheck.Fluent;

namespace Winnow.Numerics.Tests;

public class MatMulTests
{
    // f32 accumulation of K <= 700 terms: each addition rounds by 2^-24 of the partial sum, which |x||w| bounds; errors partly cancel.
    private const double RelativeTolerance = 1e-5;

    [Theory]
    [InlineData(WeightType.F32)]
    [InlineData(WeightType.F16)]
    [InlineData(WeightType.BF16)]
    public void Product_of_random_shape_matches_a_double_product(WeightType type)
    {
        Gen<(int M, int N, int K, int Seed)> shapes =
            from m in Gen.Choose(1, 70)
            from n in Gen.Choose(1, 150)
            from k in Gen.Choose(1, 700)
            from seed in Gen.Choose(0, 1000)
            select (m, n, k, seed);
        Prop.ForAll(Arb.From(shapes), s => CheckProduct(type, s.M, s.N, s.K, s.Seed))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 33, 129)]
    [InlineData(2, 896, 128)]
    [InlineData(3, 31, 64)]
    [InlineData(4, 48, 4304)]
    [InlineData(5, 128, 896)]
    [InlineData(12, 32, 256)]
    [InlineData(13, 65, 257)]
    [InlineData(100, 97, 1153)]
    public void Product_at_tile_edges_matches_a_double_product(int m, int n, int k)
    {
        foreach (WeightType type in new[] { WeightType.F32, WeightType.F16, WeightType.BF16 })
        {
            CheckProduct(type, m, n, k, seed: 7);
        }
    }

    [Theory]
    [InlineData(Epilogue.None)]
    [InlineData(Epilogue.Accumulate)]
    [InlineData(Epilogue.GeluTanh)]
    [InlineData(Epilogue.GeluErf)]
    public void Epilogue_is_applied_to_the_product_plus_bias(Epilogue epilogue)
    {
        foreach ((int m, int n, int k) in new[] { (1, 70, 33), (3, 45, 300), (29, 70, 700), (14, 200, 64) })
        {
            float[] x = Oracle.Random(1, m * k);
            float[] w = Oracle.Random(2, n * k, 0.3);
            float[] bias = Oracle.Random(3, n);
            float[] before = Oracle.Random(4, m * n);
            (double[] value, double[] magnitude) = Oracle.Multiply(x, m, w, n, bias);
            foreach (Compute compute in Paths.All)
            {
                float[] y = (float[])before.Clone();
                MatMul.Multiply(compute, x, m, WeightMatrix.FromValues(w, n, k), bias, y, epilogue);
                for (int i = 0; i < y.Length; i++)
                {
                    double expected = epilogue switch
                    {
                        Epilogue.Accumulate => before[i] + value[i],
                        Epilogue.GeluTanh => Oracle.GeluTanh(value[i]),
                        Epilogue.GeluErf => Oracle.GeluErf(value[i]),
                        _ => value[i],
                    };
                    Oracle.Close(expected, y[i], RelativeTolerance * (1 + magnitude[i]), $"{compute.Path} {epilogue} {m}x{n}x{k} at {i}");
                }
            }
        }
    }

    [Fact]
    public void SwiGlu_product_is_silu_of_the_gate_times_up()
    {
        foreach ((int m, int n, int k) in new[] { (1, 70, 36), (40, 130, 260), (6, 97, 896) })
        {
            float[] x = Oracle.Random(1, m * k);
            float[] gate = Oracle.Random(2, n * k, 0.3);
            float[] up = Oracle.Random(3, n * k, 0.3);
            (double[] g, double[] gSize) = Oracle.Multiply(x, m, gate, n, []);
            (double[] u, double[] uSize) = Oracle.Multiply(x, m, up, n, []);
            foreach (Compute compute in Paths.All)
            {
                float[] y = new float[m * n];
                MatMul.MultiplySwiGlu(compute, x, m, WeightMatrix.FromValues(gate, n, k), WeightMatrix.FromValues(up, n, k), y);
                for (int i = 0; i < y.Length; i++)
                {
                    double tolerance = RelativeTolerance * (1 + gSize[i]) * (1 + uSize[i]);
                    Oracle.Close(Oracle.Silu(g[i]) * u[i], y[i], tolerance, $"{compute.Path} {m}x{n}x{k} at {i}");
                }
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(20)]
    public void Products_with_several_matrices_give_the_bits_of_one_call_each(int m)
    {
        const int K = 260;
        int[] outputs = [97, 32, 5];
        float[] x = Oracle.Random(1, m * K);
        float[] bias = Oracle.Random(2, outputs.Sum());
        WeightMatrix[] plain = [.. outputs.Select((n, i) => WeightMatrix.FromValues(Oracle.Random(3 + i, n * K), n, K))];
        foreach (KernelPath path in Paths.All.Select(shared => shared.Path))
        {
            // A pool of its own, because tests beside this one add to the count of a shared one.
            using var compute = new Compute(2, path);
            WeightMatrix[] rounded = [.. plain.Select(w => w.Quantize(compute))];
            foreach (WeightMatrix[] matrices in new[] { plain, rounded, [rounded[0], plain[1], plain[2].Quantize(compute, 64)] })
            {
                float[] together = new float[m * outputs.Sum()];
                float[] apart = new float[together.Length];
                for (int i = 0, first = 0; i < matrices.Length; first += outputs[i++])
                {
                    Span<float> y = apart.AsSpan(m * first, m * outputs[i]);
                    MatMul.Multiply(compute, x, m, matrices[i], bias.AsSpan(first, outputs[i]), y);
                }

                long before = compute.MultiplyAdds;
                MatMul.MultiplyEach(compute, x, m, matrices, bias, together);
                Assert.Equal(apart, together);
                Assert.Equal((long)m * K * outputs.Sum(), compute.MultiplyAdds - before);
            }
        }
    }

    [Fact]
    public void Product_twice_gives_the_same_bits()
    {
        const int M = 37, N = 300, K = 513;
        float[] x = Oracle.Random(5, M * K);
        WeightMatrix w = WeightMatrix.FromValues(Oracle.Random(6, N * K), N, K);
        foreach (Compute compute in Paths.All)
        {
            foreach (WeightMatrix weights in new[] { w, w.Quantize(compute) })
            {
                float[] first = new float[M * N];
                float[] second = new float[M * N];
                MatMul.Multiply(compute, x, M, weights, default, first);
                MatMul.Multiply(compute, x, M, weights, default, second);
                Assert.Equal(first, second);
            }
        }
    }

    [Fact]
    public void No_rows_are_no_work() =>
        MatMul.Multiply(Paths.All[0], default, 0, WeightMatrix.FromValues([1, 2], 1, 2), default, default);

    [Fact]
    public void Wrong_length_is_named()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => MatMul.Multiply(Paths.All[0], new float[5], 2, WeightMatrix.FromValues([1, 2], 1, 2), default, new float[2]));
        Assert.Contains("5 elements", error.Message, StringComparison.Ordinal);
    }

    private static void CheckProduct(WeightType type, int m, int n, int k, int seed)
    {
        float[] x = Oracle.Random(seed, (long)m * k);
        WeightMatrix w = WeightMatrix.FromValues(Oracle.Random(seed + 1, (long)n * k), n, k, type);
        float[] bias = seed % 2 == 0 ? [] : Oracle.Random(seed + 2, n);
        (double[] value, double[] magnitude) = Oracle.Multiply(x, m, Oracle.Read(w), n, bias);
        foreach (Compute compute in Paths.All)
        {
            float[] y = Oracle.Random(seed + 3, (long)m * n);
            MatMul.Multiply(compute, x, m, w, bias, y);
            for (int i = 0; i < y.Length; i++)
            {
                Oracle.Close(value[i], y[i], RelativeTolerance * magnitude[i], $"{compute.Path} {type} {m}x{n}x{k} at {i}");
            }
        }
    }
}
