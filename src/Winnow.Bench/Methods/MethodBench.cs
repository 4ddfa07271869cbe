using System.Diagnostics;
using System.Globalization;
using Winnow.Bench.Methods;
using Winnow.Methods;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Bench;

/// <summary><c>winnow bench methods</c>: what each method after the encoder costs, beside the prefill that it saves on.</summary>
public static class MethodBench
{
    /// <summary>Frames of the made-up video.</summary>
    public const int Frames = 32;

    /// <summary>Share of the tokens that the methods are asked to keep.</summary>
    public const double Retention = 0.25;

    /// <summary>The most that a method may cost, as a share of the dense prefill.</summary>
    public const double Limit = 0.02;

    private const int MostRuns = 5;
    private const double SecondsPerMethod = 2;

    /// <summary>Measures the dense prefill once and every method several times.</summary>
    /// <param name="options">Shapes, weights and threads; the parts are not looked at.</param>
    /// <param name="only">Names of methods; empty for the whole catalog.</param>
    /// <param name="progress">Receives a line before each step; null for none.</param>
    /// <param name="cancellation">Ends the run between two steps.</param>
    /// <exception cref="WinnowException">A method is unknown.</exception>
    public static MethodReport Run(
        BenchOptions options, IReadOnlyCollection<string> only, IProgress<string>? progress, CancellationToken cancellation)
    {
        (string Id, ITokenReducer Reducer)[] methods = [.. only.Count > 0
            ? only.Select(Catalog.Find).Select(entry => (entry.Card.Id, Create(entry) ?? throw ActsElsewhere(entry)))
            : from entry in Catalog.All let reducer = Create(entry) where reducer is not null select (entry.Card.Id, reducer)];
        progress?.Report($"dense prefill of {Frames} frames");
        using var compute = new Compute(options.Threads, options.Path);
        double dense = MeasurePrefill(options, compute);
        var video = new MadeUpVideo(options.Configuration, Frames);
        List<MethodResult> results = new MethodByMethod<(string Id, ITokenReducer Reducer), MethodResult>(
            method => method.Id,
            method => Measure(method.Id, method.Reducer, video.Input(method.Reducer.Needs, compute.For), dense),
            (method, error) => new MethodResult(method.Id, 0, 0, 0, 0, error))
            .Measure(methods, progress, cancellation);
        return new MethodReport(
            options.Configuration.Name,
            options.Weights.ToString().ToLowerInvariant(),
            compute.Threads,
            Frames,
            video.Tokens,
            options.Configuration.Model.Text.Width,
            Retention,
            dense,
            Limit,
            results);
    }

    private static ITokenReducer? Create(MethodEntry entry) =>
        entry.Create([new("retention", Retention.ToString(CultureInfo.InvariantCulture))]) as ITokenReducer;

    private static WinnowException ActsElsewhere(MethodEntry entry) =>
        new($"{entry.Card.Id} does not act on the tokens after the encoder; it acts at: {entry.Card.Places}.");

    private static double MeasurePrefill(BenchOptions options, Compute compute)
    {
        using var ceiling = new CeilingProbe(compute);
        using var decoder = new BenchDecoder(options, compute);
        return PrefillBench.DenseSeconds(decoder, ceiling, Frames);
    }

    private static MethodResult Measure(string id, ITokenReducer reducer, ReductionInput input, double dense)
    {
        (double fastest, long allocated, int kept) = (double.PositiveInfinity, 0, 0);
        var total = Stopwatch.StartNew();
        for (int run = 0; run == 0 || (run < MostRuns && total.Elapsed.TotalSeconds + fastest < SecondsPerMethod); run++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true), start = Stopwatch.GetTimestamp();
            kept = reducer.Reduce(input).Count;
            fastest = Math.Min(fastest, Stopwatch.GetElapsedTime(start).TotalSeconds);
            allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        }
        return new MethodResult(id, kept, fastest, allocated, fastest / dense, null);
    }
}
