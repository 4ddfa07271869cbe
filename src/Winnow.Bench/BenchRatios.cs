using Winnow.Numerics;

namespace Winnow.Bench;

/// <summary>The ratios of docs/performance.md from what was measured.</summary>
internal static class BenchRatios
{
    public static IReadOnlyDictionary<string, double> Of(BenchReport report, WeightType weights)
    {
        var ratios = new Dictionary<string, double>();
        if (report.Gemm is { } gemm)
        {
            double f32 = OverallRate(gemm, row => row.F32Gflops);
            ratios.Add("gemm_f32_peak_share", f32 / OverallRate(gemm, row => row.F32Gflops / row.F32PeakShare));
            ratios.Add("gemm_int8_over_f32", OverallRate(gemm, row => row.Int8Gops) / f32);
        }
        bool int8 = weights == WeightType.Int8;
        if (int8 && report.Prefill?.FirstOrDefault(row => row.Frames == 0) is { } prompt)
            ratios.Add("prefill_int8_over_f32_peak", prompt.PeakShare);
        if (int8 && report.Decode is { Count: > 0 } decode)
            ratios.Add("decode_bandwidth_share", decode[0].BandwidthShare);
        if (report.Tower?.FirstOrDefault(row => row.Weights == "int8") is { } tower)
            ratios.Add("tower_int8_over_f32_peak", tower.PeakShare);
        if (report.Prefill?.FirstOrDefault(row => row is { Frames: PrefillBench.MostFrames, Retention: 0.25 }) is { } reduced)
            ratios.Add("prefill_speedup_25", reduced.Speedup);
        if (report.Memory is { } memory)
            ratios.Add("memory_over_floor", memory.OverFloor);
        return ratios;
    }

    /// <summary>The rate over all products when each runs as often as a layer runs it: work over time, not the mean of the rates.</summary>
    private static double OverallRate(IReadOnlyList<GemmResult> rows, Func<GemmResult, double> rate)
    {
        double work = rows.Sum(Work);
        return work / rows.Sum(row => Work(row) / rate(row));
    }

    private static double Work(GemmResult row) => (double)row.Rows * row.Inputs * row.Outputs * row.PerLayer;
}
