using Winnow.Numerics;

namespace Winnow.Bench.Tests;

public sealed class BenchRunTests
{
    private static readonly BenchOptions Tiny = new() { Configuration = BenchConfiguration.Find("tiny"), Threads = 1 };

    [Theory]
    [InlineData(BenchPart.Decode, WeightType.Int8, "decode_bandwidth_share")]
    [InlineData(BenchPart.Memory, WeightType.Int8, "memory_over_floor")]
    [InlineData(BenchPart.Memory, WeightType.BF16, "memory_over_floor")]
    public void Run_of_one_part_gives_its_ratio_and_no_other(BenchPart part, WeightType weights, string key)
    {
        BenchReport report = BenchRun.Run(Tiny with { Parts = part, Weights = weights }, null, CancellationToken.None);
        (string name, double value) = Assert.Single(report.Ratios);
        Assert.Equal(key, name);
        Assert.True(double.IsFinite(value) && value > 0, $"{key} is {value}");
    }

    [Fact]
    public void Ratios_have_the_documented_keys()
    {
        var report = new BenchReport
        {
            Config = "made up",
            Weights = "int8",
            Threads = 1,
            Path = "avx2",
            Ratios = new Dictionary<string, double>(),
            Gemm = [new GemmResult("a", 8, 8, 8, 1, 80, 0.8, 160, 2), new GemmResult("b", 8, 8, 8, 3, 40, 0.4, 80, 2)],
            Tower = [new TowerResult("f32", 1, 1, 1, 0.7), new TowerResult("int8", 1, 1, 1, 1.1)],
            Prefill = [new PrefillResult(0, 1, 8, 1, 1, 1, 1.25, 1), new PrefillResult(32, 0.25, 8, 1, 1, 1, 1, 4.5)],
            Decode = [new DecodeResult(1, 1, 1, 1, 0.75), new DecodeResult(2, 1, 1, 1, 0.5)],
            Memory = new MemoryResult(120, 50, 30, 20, 8),
        };
        IReadOnlyDictionary<string, double> ratios = BenchRatios.Of(report, WeightType.Int8);
        var expected = new Dictionary<string, double>
        {
            // Work over time: one product at 80 and three as large at 40 run at 4 / (1/80 + 3/40); the peak is 100 for both.
            ["gemm_f32_peak_share"] = 4 / (1.0 / 80 + 3.0 / 40) / 100,
            ["gemm_int8_over_f32"] = 2,
            ["prefill_int8_over_f32_peak"] = 1.25,
            ["decode_bandwidth_share"] = 0.75,
            ["tower_int8_over_f32_peak"] = 1.1,
            ["prefill_speedup_25"] = 4.5,
            ["memory_over_floor"] = 1.2,
        };
        Assert.Equal(expected.Keys, ratios.Keys);
        Assert.All(expected, pair => Assert.Equal(pair.Value, ratios[pair.Key], 12));
    }

    [Fact]
    public void Run_that_is_cancelled_ends()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => BenchRun.Run(Tiny, null, stop.Token));
    }
}
