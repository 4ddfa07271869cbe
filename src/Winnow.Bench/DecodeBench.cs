using Winnow.Models.Prefill;

namespace Winnow.Bench;

/// <summary>Tokens one after another, after a short prompt and after a quarter of 32 frames.</summary>
internal static class DecodeBench
{
    private const int Steps = 8;
    private const double SecondsPerContext = 5;

    public static IReadOnlyList<DecodeResult> Run(BenchDecoder decoder, CeilingProbe ceiling, Action<string> announce)
    {
        int reduced = PrefillBench.MostFrames * decoder.Configuration.TokensPerFrame / 4;
        return [.. new[] { 128, reduced }.Select(context => Measure(decoder, ceiling, announce, context))];
    }

    private static DecodeResult Measure(BenchDecoder decoder, CeilingProbe ceiling, Action<string> announce, int context)
    {
        announce($"decoding after {context} tokens");
        using DecoderSession session = decoder.Model.StartSession();
        session.Prefill(decoder.Prompt(context));
        session.Step(0);
        Measurement best = Measurement.Take(ceiling.ReadBytesPerSecond, SecondsPerContext, () =>
        {
            for (int step = 0; step < Steps; step++)
                session.Step(step);
        })[0];
        double bytes = (double)Steps * decoder.DecodeBytes;
        return new DecodeResult(context, Steps / best.Seconds, decoder.DecodeBytes, bytes / best.Seconds / 1e9, best.Share(bytes));
    }
}
