using System.Diagnostics;
using Winnow.Bench.Methods;
using Winnow.Methods;
using Winnow.Models.Families;
using Winnow.Models.Prefill;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Bench;

/// <summary>
/// <c>winnow bench inside-model</c>: what each method inside the language model or on its cache saves at its paper's setting, and what it
/// costs, on one prompt beside the dense one. Two-place methods run with both parts.
/// </summary>
public sealed class InsideModelBench
{
    /// <summary>Frames of the made-up video unless told otherwise.</summary>
    public const int DefaultFrames = 32;

    private const int TextBefore = 14;
    private const int TextAfter = 20;
    private const int Steps = 16;
    private const int WarmUpRows = 64;
    private readonly BenchDecoder _decoder;
    private readonly Compute _compute;
    private readonly MadeUpVideo _video;
    private readonly EncodedVideo _encoded;
    private readonly int[] _ids;

    private InsideModelBench(BenchDecoder decoder, Compute compute, int frames)
    {
        (_decoder, _compute, _video) = (decoder, compute, new MadeUpVideo(decoder.Configuration, frames));
        _encoded = new EncodedVideo(_video.Features, _video.Grid, new Dictionary<SignalRequest, SignalValue>());
        int videoId = decoder.Model.VideoTokenId;
        var random = new Random(TextBefore);
        _ids = [.. Enumerable.Range(0, TextBefore + 1 + TextAfter).Select(i => i == TextBefore ? videoId : random.Next(videoId))];
    }

    /// <summary>Measures the dense prompt once and each method once.</summary>
    /// <param name="options">Shapes, weights and threads; the parts are not looked at.</param>
    /// <param name="frames">Frames of the made-up video, at least 1.</param>
    /// <param name="only">Names of methods; empty for all that act inside the language model or on its cache.</param>
    /// <param name="progress">Receives a line before each step; null for none.</param>
    /// <param name="cancellation">Ends the run between two steps.</param>
    /// <exception cref="WinnowException">A method is unknown or acts elsewhere, or the model takes fewer frames.</exception>
    public static InsideModelReport Run(
        BenchOptions options, int frames, IReadOnlyCollection<string> only, IProgress<string>? progress, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frames, 1);
        PaperSetting[] settings = only.Count > 0 ? [.. only.Select(PaperSetting.Find)] : [.. PaperSetting.All];
        using var compute = new Compute(options.Threads, options.Path);
        progress?.Report("weights of the decoder");
        using var decoder = new BenchDecoder(options, compute);
        var bench = new InsideModelBench(decoder, compute, frames);
        progress?.Report($"dense prefill of {frames} frames, {bench._video.Tokens} visual tokens");
        decoder.Prefill(decoder.Prompt(WarmUpRows));
        InsideModelResult dense = bench.Measure("none", "", "", new None());
        List<InsideModelResult> results = new MethodByMethod<PaperSetting, InsideModelResult>(
            setting => setting.Method,
            setting => bench.Measure(
                setting.Method, Parameters(setting), setting.Claim, Catalog.Find(setting.Method).Create(setting.Pairs)),
            (setting, error) =>
                new InsideModelResult { Method = setting.Method, Setting = Parameters(setting), Claim = setting.Claim, Error = error })
            .Measure(settings, progress, cancellation);
        return new InsideModelReport(options.Configuration.Name, options.Weights.ToString().ToLowerInvariant(), compute.Threads, frames,
            bench._video.Tokens, dense, results);
    }

    private static string Parameters(PaperSetting setting) => string.Join(" ", setting.Parameters);

    private InsideModelResult Measure(string name, string parameters, string claim, object method)
    {
        MethodCard card = Catalog.Find(name).Card;
        MethodPlaces places = (method as IMultiPlaceMethod)?.ActivePlaces ?? card.Places;
        Dictionary<SignalRequest, SignalValue> signals = method is ITokenReducer asking ? _video.Signals(asking.Needs) : [];
        var meter = new MeteredMethod(
            places.HasFlag(MethodPlaces.Prefill) ? method as IPrefillReducer : null,
            places.HasFlag(MethodPlaces.Cache) ? method as ICacheReducer : null,
            _compute);
        long operations = _compute.MultiplyAdds, start = Stopwatch.GetTimestamp();
        ReductionPlan? plan = places.HasFlag(MethodPlaces.AfterEncoder) && method is ITokenReducer reducer
            ? reducer.Reduce(new ReductionInput(_video.Features, _video.Grid, signals) { Parallel = _compute.For })
            : null;
        double before = Stopwatch.GetElapsedTime(start).TotalSeconds;
        PromptRows prompt = _decoder.Model.Splice(_ids, _encoded, plan, card.Positions);
        using DecoderSession session = _decoder.Model.StartSession();
        if (meter.Prefill is null && meter.Cache is null)
            session.Prefill(prompt);
        else
            session.Prefill(prompt, meter.Prefill, meter.Cache);
        double firstToken = Stopwatch.GetElapsedTime(start).TotalSeconds;
        operations = _compute.MultiplyAdds - operations;
        return new InsideModelResult
        {
            Method = name,
            Setting = parameters,
            Claim = claim,
            Entering = prompt.VisualCount,
            Leaving = session.Cuts.Count > 0 ? session.Cuts[^1].After : prompt.VisualCount,
            PrefillOperations = 2.0 * operations,
            FirstTokenSeconds = firstToken,
            BeforeModelSeconds = before,
            ExtraSeconds = meter.Seconds,
            ExtraOperations = 2.0 * meter.MultiplyAdds,
            CacheBytes = session.CacheBytes,
            TokensPerSecond = Decode(session),
        };
    }

    private static double Decode(DecoderSession session)
    {
        session.Step(0);
        long start = Stopwatch.GetTimestamp();
        for (int step = 1; step <= Steps; step++)
            session.Step(step);
        return Steps / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
