using Winnow.Models.Prefill;

namespace Winnow.Bench;

/// <summary>
/// Prompts of one length, and of 8, 16 and 32 frames, dense and reduced. What a reduction itself costs is not part of it.
/// </summary>
internal static class PrefillBench
{
    /// <summary>Frames of the longest prompt.</summary>
    public const int MostFrames = 32;

    private const int PlainTokens = 1024;
    private const double SecondsForPlain = 25;
    private const double SecondsForShort = 2;
    private const double SecondsForPair = 75;
    private static readonly double[] Retentions = [1, 0.5, 0.25, 0.1];

    public static IReadOnlyList<PrefillResult> Run(BenchDecoder decoder, CeilingProbe ceiling, Action<string> announce)
    {
        decoder.Prefill(decoder.Prompt(64));
        var results = new List<PrefillResult> { Plain(decoder, ceiling, announce) };
        foreach (int frames in new[] { 8, 16, MostFrames })
        {
            int tokens = frames * decoder.Configuration.TokensPerFrame;
            var measured = new Dictionary<double, (int Rows, Measurement Best)>();

            // Dense and a quarter take turns, as their ratio is one of the results; the others are there for the picture.
            announce($"prefill of {frames} frames, {tokens} tokens, dense and a quarter");
            PromptRows dense = decoder.Prompt(tokens), quarter = decoder.Prompt(Kept(tokens, 0.25));
            double seconds = frames == MostFrames ? SecondsForPair : SecondsForShort;
            Measurement[] pair = Measurement.Take(
                ceiling.FloatOperations, seconds, () => decoder.Prefill(quarter), () => decoder.Prefill(dense));
            measured.Add(0.25, (quarter.Rows.Count, pair[0]));
            measured.Add(1, (tokens, pair[1]));
            foreach (double retention in new[] { 0.5, 0.1 })
            {
                PromptRows prompt = decoder.Prompt(Kept(tokens, retention));
                announce($"prefill of {frames} frames at {retention:P0}, {prompt.Rows.Count} tokens");
                Measurement best = Measurement.Take(ceiling.FloatOperations, SecondsForShort, () => decoder.Prefill(prompt))[0];
                measured.Add(retention, (prompt.Rows.Count, best));
            }
            results.AddRange(Retentions.Select(retention =>
                Result(decoder, frames, retention, measured[retention].Rows, measured[retention].Best, measured[1].Best.Seconds)));
        }
        return results;
    }

    /// <summary>Time in seconds of one dense prompt of so many frames, measured once.</summary>
    public static double DenseSeconds(BenchDecoder decoder, CeilingProbe ceiling, int frames)
    {
        decoder.Prefill(decoder.Prompt(64));
        PromptRows prompt = decoder.Prompt(frames * decoder.Configuration.TokensPerFrame);
        return Measurement.Take(ceiling.FloatOperations, 0, () => decoder.Prefill(prompt))[0].Seconds;
    }

    private static PrefillResult Plain(BenchDecoder decoder, CeilingProbe ceiling, Action<string> announce)
    {
        announce($"prefill of {PlainTokens} tokens");
        PromptRows prompt = decoder.Prompt(PlainTokens);
        Measurement best = Measurement.Take(ceiling.FloatOperations, SecondsForPlain, () => decoder.Prefill(prompt))[0];
        return Result(decoder, 0, 1, PlainTokens, best, best.Seconds);
    }

    private static int Kept(int tokens, double retention) => (int)Math.Round(tokens * retention);

    private static PrefillResult Result(BenchDecoder decoder, int frames, double retention, int rows, Measurement best, double denseSeconds)
    {
        double work = OperationCount.Prefill(decoder.Configuration.Model.Text, rows);
        return new PrefillResult(
            frames, retention, rows, best.Seconds,
            rows / best.Seconds, work / best.Seconds / 1e9, best.Share(work), denseSeconds / best.Seconds);
    }
}
