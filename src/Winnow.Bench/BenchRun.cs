using System.Diagnostics;
using Winnow.Numerics;

namespace Winnow.Bench;

/// <summary><c>winnow bench</c>: what the machine can do, what this build makes of it, and the ratio of the two.</summary>
public static class BenchRun
{
    /// <summary>Runs the parts asked for.</summary>
    /// <param name="options">What to measure.</param>
    /// <param name="progress">Receives a line before each step; null for none.</param>
    /// <param name="cancellation">Ends the run between two steps.</param>
    /// <exception cref="WinnowException">The configuration cannot be measured.</exception>
    public static BenchReport Run(BenchOptions options, IProgress<string>? progress, CancellationToken cancellation)
    {
        options.Validate();
        var total = Stopwatch.StartNew();
        using var compute = new Compute(options.Threads, options.Path);
        var report = new BenchReport
        {
            Config = options.Configuration.Name,
            Weights = options.Weights.ToString().ToLowerInvariant(),
            Threads = compute.Threads,
            Path = compute.Path.ToString().ToLowerInvariant(),
            Ratios = new Dictionary<string, double>(),
        };

        // The memory of this part is that of the process: it comes first, before anything else has taken some.
        if (options.Parts.HasFlag(BenchPart.Memory))
        {
            Announce("peak memory");
            report = report with
            {
                Memory = options.MeasureMemoryApart is { } apart ? apart(cancellation) : MemoryBench.Run(options, compute),
            };
        }
        if ((options.Parts & ~BenchPart.Memory) != 0)
            report = RunRates(options, report, compute, Announce);
        return report with { Seconds = total.Elapsed.TotalSeconds, Ratios = BenchRatios.Of(report, options.Weights) };

        void Announce(string step)
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Report(step);
        }
    }

    private static BenchReport RunRates(BenchOptions options, BenchReport report, Compute compute, Action<string> announce)
    {
        using var ceiling = new CeilingProbe(compute);
        announce("ceiling of the machine");
        report = report with { Ceiling = ceiling.Measure() };
        if (options.Parts.HasFlag(BenchPart.Gemm))
            report = report with { Gemm = GemmBench.Run(options.Configuration.Model.Text, compute, ceiling, announce) };
        if (options.Parts.HasFlag(BenchPart.Tower))
            report = report with { Tower = TowerBench.Run(options, compute, ceiling, announce) };
        if ((options.Parts & (BenchPart.Prefill | BenchPart.Decode)) == 0)
            return report;
        announce($"weights of the decoder, {report.Weights}");
        using var decoder = new BenchDecoder(options, compute);
        if (options.Parts.HasFlag(BenchPart.Prefill))
            report = report with { Prefill = PrefillBench.Run(decoder, ceiling, announce) };
        if (options.Parts.HasFlag(BenchPart.Decode))
            report = report with { Decode = DecodeBench.Run(decoder, ceiling, announce) };
        return report;
    }
}
