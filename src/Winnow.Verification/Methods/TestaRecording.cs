using System.Globalization;
using System.Text.RegularExpressions;
using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="Testa"/>: single steps on frames or patches, several in turn, and whole blocks.</summary>
/// <remarks>What is recorded patch by patch, with the frames inside, is turned to frame by frame.</remarks>
internal sealed partial class TestaRecording : MethodRecording
{
    private const double Tolerance = 2e-5, BlockTolerance = 1e-4;

    /// <inheritdoc/>
    public override string Method => Testa.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => true;

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        if (recording.Knows("plan"))
            CompareSteps(recording, comparison);
        else if (recording.Knows("rl"))
            CompareBlocks(recording, comparison);
        else if (recording.Has("source_frames"))
            CompareFrames(recording, comparison);
        else
            ComparePatches(recording, comparison);
    }

    private static void CompareFrames(Recording recording, Comparison comparison)
    {
        IReadOnlyList<int> shape = recording.Shape("x");
        (int places, int frames, int width) = (shape[0], shape[1], shape[2]);
        var options =
            new Testa.Options { Mode = recording.Bool("class_token") ? Testa.Aggregation.FrameAndPatch : Testa.Aggregation.Frame };
        options = options with { PerStep = options.Mode == Testa.Aggregation.Frame ? [recording.Int("r")] : [recording.Int("r"), 0] };
        float[] x = Turned(recording.Floats("x"), places, frames), sizes = Turned(recording.Floats("size"), places, frames);
        var run = new RecordedRun(new Testa(options), RecordedRun.Context(1, 1, recording.Grid(frames, places)), x, width, frames, sizes);
        float[] keys = Turned(recording.Floats("metric"), places, frames);
        var metric = new TokenMatrix(keys, keys.Length / frames / places);
        run.Stop(new EncoderPoint(0, EncoderMoment.BeforeBlock), metric);
        PlanTrace trace = run.Plan!.Trace;
        comparison.Equal("source_frames", recording.Integers("source_frames"), trace.Find<int>("sources")!);
        comparison.Equal("target_frames", recording.Integers("target_frames"), trace.Find<int>("targets")!);
        comparison.Equal("emitted_frames", recording.Integers("emitted_frames"), trace.Find<int>("kept")!);
        var vote = FrameVote.Of(metric, [.. Enumerable.Range(0, frames).Select(frame => frame * places)], places);
        comparison.Equal("vote_per_patch", recording.Integers("vote_per_patch"), vote.Votes.Select(odd => 2 * odd + 1));
        comparison.Close("best_similarity", recording.Doubles("best_similarity"), vote.Similarities, Tolerance);
        comparison.RelativelyClose("merged", recording.Floats("merged"), Turned(run.X, run.Lengths.Length, places), Tolerance);
        comparison.RelativelyClose("size_out", recording.Floats("size_out"), Turned(run.Sizes, run.Lengths.Length, places), Tolerance);
    }

    private static void ComparePatches(Recording recording, Comparison comparison)
    {
        IReadOnlyList<int> shape = recording.Shape("x");
        (int frames, int tokens, int width, int special) = (shape[0], shape[1], shape[2], recording.Bool("class_token") ? 1 : 0);
        var method = new Testa(new Testa.Options { Mode = Testa.Aggregation.Patch, PerStep = [recording.Int("r")] });
        EncoderContext context = RecordedRun.Context(1, 1, recording.Grid(frames, tokens - special), special);
        var run = new RecordedRun(method, context, recording.Floats("x"), width, frames, recording.Floats("size"));
        run.Stop(new EncoderPoint(0, EncoderMoment.AfterAttention), recording.Vectors("metric"));
        ReductionPlan plan = run.Plan!;
        comparison.Equal("source_index", recording.Integers("source_index"), plan.Trace.Find<int>("sources")!.Select(row => row % tokens));
        comparison.Equal("target_index", recording.Integers("target_index"), plan.Trace.Find<int>("targets")!.Select(row => row % tokens));
        comparison.Equal("emitted_index", recording.Integers("emitted_index"), plan.Places.Select(row => row % tokens));
        comparison.RelativelyClose("merged", recording.Floats("merged"), run.X, Tolerance);
        comparison.RelativelyClose("size_out", recording.Floats("size_out"), run.Sizes, Tolerance);
    }

    private static void CompareSteps(Recording recording, Comparison comparison)
    {
        int[] perStep = [.. StepCounts().Matches(recording.Text("plan")).Select(match =>
            int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];
        TokenGrid grid = recording.Grid(recording.Int("frames"), recording.Int("rows") * recording.Int("cols"));
        RecordedRun run = Start(recording, recording.Floats("x"), perStep, grid, heads: 1);
        for (int step = 0; step < perStep.Length; step++)
        {
            bool forFrames = step % 2 == 0;
            float[] metric = recording.Floats($"step{step}_metric");
            int width = recording.Shape($"step{step}_metric")[^1];
            if (forFrames)
                metric = WithClassRows(Turned(metric, run.Lengths[0] - 1, run.Lengths.Length), new float[width], run.Lengths.Length);
            EncoderMoment moment = forFrames ? EncoderMoment.BeforeBlock : EncoderMoment.AfterAttention;
            run.Stop(new EncoderPoint(step / 2, moment), new TokenMatrix(metric, width));
            comparison.RelativelyClose($"step{step}_x", recording.Floats($"step{step}_x"), Patches(run), Tolerance);
            comparison.RelativelyClose($"step{step}_size", recording.Floats($"step{step}_size"), run.Sizes, Tolerance);
        }
    }

    private static void CompareBlocks(Recording recording, Comparison comparison)
    {
        int heads = recording.Int("heads"), blocks = recording.Int("nb"), width = recording.Int("D");
        TokenGrid grid = recording.Grid(recording.Int("F"), recording.Int("rows") * recording.Int("cols"));
        float[] patches = Turned(recording.Floats("x"), grid.TokensPerFrame, grid.Frames);
        RecordedRun run = Start(recording, patches, recording.Ints("rl"), grid, heads);
        for (int layer = 0; layer < blocks; layer++)
        {
            (float[] residual, float[] keys) = AttendOverTime(recording, $"block{layer}.", heads, run);
            run.Add(residual);
            CompareMetric($"metric_frame{layer}", Turned(Patches(keys, width, run), run.Lengths.Length, run.Lengths[0] - 1));
            run.Stop(new EncoderPoint(layer, EncoderMoment.BeforeBlock), new TokenMatrix(keys, width));
            (residual, keys) = AttendOverSpace(new TimmBlock(recording, $"block{layer}.", heads, 1e-5), run);
            run.Add(residual);
            CompareMetric($"metric_patch{layer}", keys);
            run.Stop(new EncoderPoint(layer, EncoderMoment.AfterAttention), new TokenMatrix(keys, width));
            run.Add(new TimmBlock(recording, $"block{layer}.", heads, 1e-5).Mlp(run.X));
            (int framesLeft, int patchesLeft) = (run.Lengths.Length, run.Lengths[0] - 1);
            comparison.Equal($"frames_left{layer}", recording.Integers($"frames_left{layer}"), [framesLeft]);
            comparison.Equal($"patches_left{layer}", recording.Integers($"patches_left{layer}"), [patchesLeft]);
            comparison.RelativelyClose($"size{layer}", recording.Floats($"size{layer}"), run.Sizes, BlockTolerance);
            float[] output = [.. run.X.AsSpan(0, width), .. Turned(Patches(run), framesLeft, patchesLeft)];
            comparison.RelativelyClose($"out{layer}", recording.Floats($"out{layer}"), output, BlockTolerance);
        }

        void CompareMetric(string name, float[] keys) =>
            comparison.RelativelyClose(name, recording.Floats(name),
                HeadMeans.Of(new TokenMatrix(keys, width), heads).Values.Span, BlockTolerance);
    }

    private static RecordedRun Start(Recording recording, float[] patches, int[] perStep, TokenGrid grid, int heads)
    {
        float[] classToken = recording.Floats("cls");
        EncoderContext context = RecordedRun.Context(perStep.Length / 2, heads, grid, 1);
        return new RecordedRun(
            new Testa(new Testa.Options { PerStep = perStep }), context,
            WithClassRows(patches, classToken, grid.Frames), classToken.Length, grid.Frames);
    }

    /// <summary>Every patch place by itself, over the frames; the class tokens take no part.</summary>
    private static (float[] Residual, float[] Keys) AttendOverTime(Recording recording, string prefix, int heads, RecordedRun run)
    {
        var block = new TimmBlock(recording, prefix, heads, 1e-5, "temporal_norm1", "temporal_attn");
        float[] residual = new float[run.X.Length], keys = new float[run.X.Length];
        int frames = run.Lengths.Length, tokens = run.Lengths[0];
        for (int token = 1; token < tokens; token++)
        {
            float[] overTime = [.. Enumerable.Range(0, frames).SelectMany(frame =>
                run.X.AsSpan((frame * tokens + token) * run.Width, run.Width).ToArray())];
            float[] weight = recording.Floats($"{prefix}temporal_fc.weight"), bias = recording.Floats($"{prefix}temporal_fc.bias");
            float[] output = RecordedMath.Linear(block.Attend(overTime, []), weight, bias, run.Width);
            for (int frame = 0; frame < frames; frame++)
            {
                output.AsSpan(frame * run.Width, run.Width).CopyTo(residual.AsSpan((frame * tokens + token) * run.Width));
                block.Keys.AsSpan(frame * run.Width, run.Width).CopyTo(keys.AsSpan((frame * tokens + token) * run.Width));
            }
        }
        return (residual, keys);
    }

    /// <summary>Every frame by itself; what the class token gets is the mean over the frames.</summary>
    private static (float[] Residual, float[] Keys) AttendOverSpace(TimmBlock block, RecordedRun run)
    {
        var residual = new List<float>();
        var keys = new List<float>();
        int frames = run.Lengths.Length, values = run.Lengths[0] * run.Width;
        for (int frame = 0; frame < frames; frame++)
        {
            residual.AddRange(block.Attend(run.X[(frame * values)..((frame + 1) * values)], []));
            keys.AddRange(block.Keys);
        }
        for (int channel = 0; channel < run.Width; channel++)
        {
            float mean = Enumerable.Range(0, frames).Average(frame => residual[frame * values + channel]);
            for (int frame = 0; frame < frames; frame++)
                residual[frame * values + channel] = mean;
        }
        return ([.. residual], [.. keys]);
    }

    private static float[] Patches(RecordedRun run) => Patches(run.X, run.Width, run);

    private static float[] Patches(float[] rows, int width, RecordedRun run) =>
        [.. rows.Chunk(run.Lengths[0] * width).SelectMany(frame => frame.Skip(width))];

    private static float[] WithClassRows(float[] patches, float[] classToken, int frames) =>
        [.. patches.Chunk(patches.Length / frames).SelectMany(frame => classToken.Concat(frame))];

    /// <summary>From <c>[outer, inner, ...]</c> to <c>[inner, outer, ...]</c>.</summary>
    private static float[] Turned(float[] values, int outer, int inner)
    {
        int width = values.Length / outer / inner;
        float[] turned = new float[values.Length];
        for (int i = 0; i < outer; i++)
            for (int j = 0; j < inner; j++)
                values.AsSpan((i * inner + j) * width, width).CopyTo(turned.AsSpan((j * outer + i) * width));
        return turned;
    }

    [GeneratedRegex(@"r=(\d+)")]
    private static partial Regex StepCounts();
}
