using Winnow.Engine;
using Winnow.Models.Configuration;
using Winnow.Models.Families;
using Winnow.Models.Prefill;
using Winnow.Numerics;

namespace Winnow.Bench;

/// <summary>Peak memory of this process after a frame, a prompt and a few tokens; right only where the process does nothing else.</summary>
internal static class MemoryBench
{
    private const int Frames = 8;
    private const int Answer = 4;

    // Rows that pass through a layer together, as the decoder takes them.
    private const int PieceRows = 1024;

    public static MemoryResult Run(BenchOptions options, Compute compute)
    {
        using var decoder = new BenchDecoder(options, compute);
        int side = options.Configuration.Model.Vision.ImageSide, rows = Frames * options.Configuration.TokensPerFrame;
        using (IVideoEncoding video = decoder.Model.StartVideo([]))
        {
            video.Add(new float[3 * side * side]);
            video.Complete();
        }
        using DecoderSession session = decoder.Model.StartSession();
        session.Reserve(rows + Answer);
        session.Prefill(decoder.Prompt(rows));
        for (int step = 0; step < Answer; step++)
            session.Step(step);
        Qwen2Config text = options.Configuration.Model.Text;
        return new MemoryResult(PeakMemory.Bytes, decoder.WeightBytes, CacheBytes(text, rows + Answer), ActivationBytes(text, rows), rows);
    }

    /// <summary>Keys and values in f32.</summary>
    private static long CacheBytes(Qwen2Config config, int rows) =>
        2L * sizeof(float) * config.Layers * rows * config.KeyValueHeads * config.HeadWidth;

    /// <summary>
    /// The prompt's rows in f32; and of the rows in flight their norm, queries, attention and feed-forward, at the layer's widest point.
    /// </summary>
    private static long ActivationBytes(Qwen2Config config, int rows)
    {
        long queries = (long)config.Heads * config.HeadWidth, keys = (long)config.KeyValueHeads * config.HeadWidth;
        long widest = config.Width + Math.Max((2 * queries) + (2 * keys), config.MlpWidth);
        return sizeof(float) * (((long)rows * config.Width) + (Math.Min(rows, PieceRows) * widest));
    }
}
