using FsCheck;
using FsCheck.Fluent;

namespace Winnow.Numerics.Tests;

public class AttentionTests
{
    // Logits up to ~30 carry f32 rounding of ~30 x 2^-23 each, which the exponential turns into relative errors of some 4e-6 of |v| <= 1.
    private const double Tolerance = 2e-5;

    [Fact]
    public void Attention_of_random_shape_matches_double_precision()
    {
        Gen<AttentionCase> cases =
            from m in Gen.OneOf(Gen.Choose(1, 4), Gen.Choose(1, 60))
            from more in Gen.Choose(0, 80)
            from kvHeads in Gen.Choose(1, 3)
            from shared in Gen.Choose(1, 4)
            from headSize in Gen.Elements(16, 32, 64, 72, 80, 128, 5)
            from causal in Gen.Elements(true, false)
            from bias in Gen.Elements(true, false)
            from seed in Gen.Choose(0, 1000)
            select AttentionCase.Create(seed, m, m + more, kvHeads * shared, kvHeads, headSize, causal, bias);
        Prop.ForAll(Arb.From(cases), CheckOutput).Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    [Theory]
    [InlineData(1, 1, 1, 1, 64, true)]
    [InlineData(1, 700, 14, 2, 64, true)]
    [InlineData(1, 1568, 14, 2, 64, true)]
    [InlineData(2, 1025, 6, 2, 128, true)]
    [InlineData(3, 513, 2, 2, 72, false)]
    [InlineData(300, 300, 7, 1, 64, true)]
    [InlineData(130, 1100, 2, 2, 128, true)]
    [InlineData(200, 729, 2, 2, 72, false)]
    [InlineData(5, 3, 2, 1, 32, false)]
    public void Attention_of_model_shape_matches_double_precision(int m, int n, int heads, int kvHeads, int headSize, bool causal) =>
        CheckOutput(AttentionCase.Create(11, m, n, heads, kvHeads, headSize, causal));

    /// <summary>Single queries go over the keys in runs of 512, and here a whole run says nothing.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(40)]
    public void Keys_with_a_bias_of_minus_infinity_are_not_seen(int m)
    {
        const int Keys = 1300, Seen = 300;
        AttentionCase all = AttentionCase.Create(17, m, Keys, 4, 2, 64, causal: false);
        float[] bias = new float[Keys];
        bias.AsSpan(Seen).Fill(float.NegativeInfinity);
        AttentionCase seen = all with { N = Seen, K = FirstKeys(all.K), V = FirstKeys(all.V) };
        AttentionOracle oracle = AttentionOracle.Run(seen);
        foreach (Compute compute in Paths.All)
        {
            float[] output = new float[all.Q.Length];
            Attention.Apply(compute, (all with { Bias = bias }).Input(), output);
            CheckAll(oracle.Output, output, $"{compute.Path} m {m}");
        }

        static float[] FirstKeys(float[] values) => [.. values.Take(Seen * 64), .. values.Skip(Keys * 64).Take(Seen * 64)];
    }

    [Fact]
    public void Cache_with_spare_slots_and_token_major_give_the_same()
    {
        AttentionCase c = AttentionCase.Create(3, 9, 40, 4, 2, 24, causal: true);
        const int Capacity = 57;
        float[] keys = Oracle.Random(9, 2 * Capacity * 24);
        float[] values = Oracle.Random(10, 2 * Capacity * 24);
        float[] tokenKeys = new float[40 * 2 * 24];
        float[] tokenValues = new float[40 * 2 * 24];
        for (int head = 0; head < 2; head++)
        {
            for (int token = 0; token < 40; token++)
            {
                ReadOnlySpan<float> key = c.K.AsSpan(((head * 40) + token) * 24, 24);
                ReadOnlySpan<float> value = c.V.AsSpan(((head * 40) + token) * 24, 24);
                key.CopyTo(keys.AsSpan(((head * Capacity) + token) * 24));
                value.CopyTo(values.AsSpan(((head * Capacity) + token) * 24));
                key.CopyTo(tokenKeys.AsSpan(((token * 2) + head) * 24));
                value.CopyTo(tokenValues.AsSpan(((token * 2) + head) * 24));
            }
        }

        foreach (Compute compute in Paths.All)
        {
            float[] expected = new float[c.Q.Length];
            float[] cache = new float[c.Q.Length];
            float[] tokens = new float[c.Q.Length];
            Attention.Apply(compute, c.Input(), expected);
            Attention.Apply(compute, c.Input(KeyValues.Cache(keys, values, 40, 2, Capacity, 24)), cache);
            Attention.Apply(compute, c.Input(KeyValues.Tokens(tokenKeys, tokenValues, 40, 2, 24)), tokens);
            Assert.Equal(expected, cache);
            Assert.Equal(expected, tokens);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    public void Half_cache_gives_what_its_rounded_values_give(int m)
    {
        AttentionCase exact = AttentionCase.Create(4, m, 333, 4, 2, 40, causal: true);
        Half[] keys = Array.ConvertAll(exact.K, value => (Half)value);
        Half[] values = Array.ConvertAll(exact.V, value => (Half)value);
        AttentionCase c = exact with
        {
            K = Array.ConvertAll(keys, value => (float)value),
            V = Array.ConvertAll(values, value => (float)value),
        };
        AttentionOracle oracle = AttentionOracle.Run(c);
        foreach (Compute compute in Paths.All)
        {
            float[] output = new float[c.Q.Length];
            Attention.Apply(compute, c.Input(KeyValues.Cache(keys, values, c.N, 2, c.N, 40)), output);
            CheckAll(oracle.Output, output, $"{compute.Path}");
        }
    }

    [Fact]
    public void Fused_projection_rows_are_read_through_their_stride()
    {
        AttentionCase c = AttentionCase.Create(5, 21, 21, 3, 3, 16, causal: false);
        const int Width = 3 * 3 * 16;
        float[] fused = new float[21 * Width];
        for (int token = 0; token < 21; token++)
        {
            for (int head = 0; head < 3; head++)
            {
                c.Q.AsSpan(((token * 3) + head) * 16, 16).CopyTo(fused.AsSpan((token * Width) + (head * 16)));
                c.K.AsSpan(((head * 21) + token) * 16, 16).CopyTo(fused.AsSpan((token * Width) + 48 + (head * 16)));
                c.V.AsSpan(((head * 21) + token) * 16, 16).CopyTo(fused.AsSpan((token * Width) + 96 + (head * 16)));
            }
        }

        AttentionOracle oracle = AttentionOracle.Run(c);
        foreach (Compute compute in Paths.All)
        {
            float[] output = new float[c.Q.Length];
            AttentionInput input = new()
            {
                Queries = fused,
                QueryCount = 21,
                QueryStride = Width,
                Heads = 3,
                KeyValues = KeyValues.Tokens(fused.AsSpan(48), fused.AsSpan(96), 21, 3, 16, Width),
                Scale = c.Scale,
                Causal = false,
            };
            Attention.Apply(compute, input, output);
            CheckAll(oracle.Output, output, $"{compute.Path}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rows_and_column_sums_are_those_of_the_whole_matrix(bool causal)
    {
        AttentionCase c = AttentionCase.Create(6, 45, 77, 6, 2, 24, causal, bias: true);
        AttentionOracle oracle = AttentionOracle.Run(c);
        int[] rows = [44, 0, 17];
        const int First = 7, Count = 31;
        foreach (Compute compute in Paths.All)
        {
            float[] output = new float[c.Q.Length];
            float[] lse = new float[6 * 45];
            Attention.Apply(compute, c.Input(), output, lse);

            float[] probabilities = new float[6 * 3 * 77];
            float[] mean = new float[3 * 77];
            float[] sums = new float[6 * 77];
            Attention.Rows(compute, c.Input(), rows, probabilities);
            Attention.Rows(compute, c.Input(), rows, mean, meanOverHeads: true);
            Attention.ColumnSums(compute, c.Input(), lse, First, Count, sums);
            for (int j = 0; j < 77; j++)
            {
                for (int r = 0; r < 3; r++)
                {
                    double average = 0;
                    for (int h = 0; h < 6; h++)
                    {
                        double p = oracle.Probabilities[(((h * 45) + rows[r]) * 77) + j];
                        average += p / 6;
                        Oracle.Close(p, probabilities[(((h * 3) + r) * 77) + j], Tolerance, $"{compute.Path} head {h} row {r} key {j}");
                    }

                    Oracle.Close(average, mean[(r * 77) + j], Tolerance, $"{compute.Path} mean of row {r} key {j}");
                }

                for (int h = 0; h < 6; h++)
                {
                    double sum = Enumerable.Range(First, Count).Sum(i => oracle.Probabilities[(((h * 45) + i) * 77) + j]);
                    Oracle.Close(sum, sums[(h * 77) + j], Tolerance * (1 + sum), $"{compute.Path} sum of head {h} key {j}");
                }
            }
        }
    }

    [Fact]
    public void Causal_with_fewer_keys_than_queries_is_refused() =>
        Assert.Throws<ArgumentException>(() =>
            Attention.Apply(Paths.All[0], AttentionCase.Create(1, 4, 3, 1, 1, 16, causal: true).Input(), new float[64]));

    private static void CheckOutput(AttentionCase c)
    {
        AttentionOracle oracle = AttentionOracle.Run(c);
        foreach (Compute compute in Paths.All)
        {
            float[] output = new float[c.Q.Length];
            Attention.Apply(compute, c.Input(), output);
            string what = $"{compute.Path} m {c.M} n {c.N} heads {c.Heads}/{c.KvHeads} of {c.HeadSize} causal {c.Causal}";
            CheckAll(oracle.Output, output, what);
        }
    }

    private static void CheckAll(double[] expected, float[] actual, string what)
    {
        for (int i = 0; i < actual.Length; i++)
        {
            Oracle.Close(expected[i], actual[i], Tolerance, $"{what} at {i}");
        }
    }
}
