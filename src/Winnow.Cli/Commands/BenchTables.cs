using System.Globalization;
using Spectre.Console;
using Winnow.Bench;

namespace Winnow.Cli.Commands;

/// <summary>A benchmark's report for people: one table for each part, the ratios last.</summary>
internal static class BenchTables
{
    public static void Write(BenchReport report)
    {
        if (report.Ceiling is { } ceiling)
            Add("machine", ["what", "ceiling"], (FormattableString[][])
            [
                [$"f32 multiply-adds", $"{ceiling.FmaGflops:F0} GFLOP/s"],
                [$"8-bit multiply-adds", $"{ceiling.Int8Gops:F0} Gop/s"],
                [$"memory, reading", $"{ceiling.BandwidthGbs:F1} GB/s"],
            ]);
        if (report.Gemm is { } gemm)
            Add("matrix products", ["product", "m x k x n", "f32 GFLOP/s", "of f32 peak", "int8 Gop/s", "int8 / f32"],
                gemm.Select(row => (FormattableString[])
                [
                    $"{row.Name}", $"{row.Rows} x {row.Inputs} x {row.Outputs}", $"{row.F32Gflops:F1}", $"{row.F32PeakShare:P1}",
                    $"{row.Int8Gops:F1}", $"{row.Int8OverF32:F2}",
                ]));
        if (report.Tower is { } tower)
            Add("vision tower, one frame", ["weights", "seconds", "GFLOP", "GFLOP/s", "of f32 peak"],
                tower.Select(row => (FormattableString[])
                    [$"{row.Weights}", $"{row.Seconds:F3}", $"{row.Gflop:F1}", $"{row.Gflops:F1}", $"{row.PeakShare:P1}"]));
        if (report.Prefill is { } prefill)
            Add($"prefill, {report.Weights}",
                ["frames", "kept", "tokens", "seconds", "tokens/s", "GFLOP/s", "of f32 peak", "faster than dense"],
                prefill.Select(row => (FormattableString[])
                [
                    $"{(row.Frames == 0 ? "" : row.Frames)}", $"{row.Retention:P0}", $"{row.Tokens}", $"{row.Seconds:F3}",
                    $"{row.TokensPerSecond:F0}", $"{row.Gflops:F1}", $"{row.PeakShare:P1}", $"{row.Speedup:F2}",
                ]));
        if (report.Decode is { } decode)
            Add($"decoding, {report.Weights}", ["after tokens", "tokens/s", "GB/s of weights", "of bandwidth"],
                decode.Select(row => (FormattableString[])
                    [$"{row.Context}", $"{row.TokensPerSecond:F1}", $"{row.Gbs:F1}", $"{row.BandwidthShare:P1}"]));
        if (report.Memory is { } memory)
            Add($"memory, {memory.Tokens} tokens", ["what", "MB"], (FormattableString[][])
            [
                [$"weights", $"{memory.WeightBytes / 1e6:F1}"],
                [$"keys and values", $"{memory.CacheBytes / 1e6:F1}"],
                [$"one layer's activations", $"{memory.ActivationBytes / 1e6:F1}"],
                [$"peak of the process", $"{memory.PeakBytes / 1e6:F1}"],
            ]);
        Add("ratios", ["key", "value"], report.Ratios.Select(pair => (FormattableString[])[$"{pair.Key}", $"{pair.Value:F3}"]));
        Terminal.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Config}, {report.Weights}, {report.Threads} threads, {report.Path}; {report.Seconds:F0} s in all"));
    }

    private static void Add(string title, string[] columns, IEnumerable<FormattableString[]> rows)
    {
        Table table = new Table().Border(TableBorder.Simple).Title(title).AddColumns(columns);
        foreach (FormattableString[] row in rows)
            table.AddRow([.. row.Select(cell => Markup.Escape(cell.ToString(CultureInfo.InvariantCulture)))]);
        Terminal.Output.Write(table);
    }
}
