using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="TempMe"/>: single merges, and whole blocks with clips that join.</summary>
internal sealed class TempMeRecording : MethodRecording
{
    private const double Tolerance = 2e-5, BlockTolerance = 1e-4;

    /// <inheritdoc/>
    public override string Method => TempMe.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => true;

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        if (recording.Knows("merge_layer"))
            CompareBlocks(recording, comparison);
        else
            CompareMerge(recording, comparison);
    }

    private static void CompareMerge(Recording recording, Comparison comparison)
    {
        IReadOnlyList<int> shape = recording.Shape("x");
        (int sequences, int tokens, int width, int special, int pairs) =
            (shape[0], shape[1], shape[2], recording.Int("cls_num"), recording.Int("r"));
        var method = new TempMe(
            new TempMe.Options { JoiningBlocks = [1], FramesJoined = [sequences], PerBlock = pairs, JoinShare = 0, ClipShare = 0 });
        EncoderContext context = RecordedRun.Context(2, 1, new TokenGrid(sequences, 1, tokens - special), special);
        var run = new RecordedRun(method, context, recording.Floats("x"), width, sequences, recording.Floats("size"));
        run.Stop(new EncoderPoint(0, EncoderMoment.AfterAttention), recording.Vectors("metric"));
        comparison.RelativelyClose("merged", recording.Floats("merged"), run.X, Tolerance);
        comparison.RelativelyClose("size_out", recording.Floats("size_out"), run.Sizes, Tolerance);
        if (!recording.Has("source_index"))
            return;
        ReductionPlan plan = run.Plan!;
        comparison.Equal("source_index", recording.Integers("source_index"), plan.Trace.Find<int>("sources")!.Select(row => row % tokens));
        comparison.Equal("target_index", recording.Integers("target_index"), plan.Trace.Find<int>("targets")!.Select(row => row % tokens));
        comparison.Equal("emitted_index", recording.Integers("emitted_index"), plan.Places.Select(row => row % tokens));
    }

    private static void CompareBlocks(Recording recording, Comparison comparison)
    {
        int layers = recording.Int("layers"), heads = recording.Int("heads"), width = recording.Int("D"), frames = recording.Int("F");
        double[] shares = recording.Numbers("props");
        var method = new TempMe(new TempMe.Options
        {
            JoiningBlocks = recording.Ints("merge_layer"),
            FramesJoined = recording.Ints("merge_frames"),
            PerBlock = recording.Int("tome_r"),
            JoinShare = shares[0],
            ClipShare = shares[1],
        });
        EncoderContext context = RecordedRun.Context(layers, heads, new TokenGrid(frames, recording.Int("rows"), recording.Int("cols")), 1);
        var run = new RecordedRun(method, context, recording.Floats("x"), width, frames);
        for (int layer = 0; layer < layers; layer++)
        {
            int[] entering = run.Lengths;
            run.Stop(new EncoderPoint(layer, EncoderMoment.BeforeBlock));
            int? mergedAtJoin = run.Plan is null ? null : run.Plan.SourceCount - run.Plan.Count;
            if (mergedAtJoin > 0 && recording.Has($"block{layer}.TVPt_Video_Positional_embedding"))
                run.Add(run.Plan!.Apply(FrameEmbedding(recording.Vectors($"block{layer}.TVPt_Video_Positional_embedding"), entering)));
            var block = new ClipBlock(recording, $"block{layer}.", heads, 1e-5);
            run.Add(block.Attend(run.X, run.Lengths, run.KeyBias));
            int before = run.Sizes.Length, joined = entering.Length / run.Lengths.Length;
            run.Stop(new EncoderPoint(layer, EncoderMoment.AfterAttention), new TokenMatrix(block.Keys, width));
            run.Add(block.Mlp(run.X));
            int merged = (before - run.Sizes.Length) / run.Lengths.Length, classTokens = frames / run.Lengths.Length;
            comparison.Equal($"counts{layer}", recording.Integers($"counts{layer}"),
                [joined, mergedAtJoin / run.Lengths.Length ?? merged, merged, run.Lengths.Length, run.Lengths[0], classTokens]);
            comparison.RelativelyClose($"out{layer}", recording.Floats($"out{layer}"), run.X, BlockTolerance);
            comparison.RelativelyClose($"size{layer}", recording.Floats($"size{layer}"), run.Sizes, BlockTolerance);
        }
        comparison.RelativelyClose("class_tokens", recording.Floats("class_tokens"), ClassTokens(run, frames), BlockTolerance);
    }

    /// <summary>
    /// What the trained form adds to every token before the merge: the row of its clip. Merging is linear, so that it may be merged by
    /// itself and added then.
    /// </summary>
    private static TokenMatrix FrameEmbedding(TokenMatrix embedding, int[] entering) =>
        embedding.Gather([.. Enumerable.Range(0, entering.Length).SelectMany(clip => Enumerable.Repeat(clip, entering[clip]))]);

    private static float[] ClassTokens(RecordedRun run, int frames)
    {
        int special = frames / run.Lengths.Length, start = 0;
        var tokens = new List<float>();
        foreach (int length in run.Lengths)
        {
            tokens.AddRange(run.X.AsSpan(start * run.Width, special * run.Width).ToArray());
            start += length;
        }
        return [.. tokens];
    }
}
