using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="Sta"/>: single stages, and all three with nothing between them.</summary>
internal sealed class StaRecording : MethodRecording
{
    private const double Tolerance = 2e-5;

    /// <inheritdoc/>
    public override string Method => Sta.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => true;

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        if (recording.Has("kept_index0"))
            CompareStages(recording, comparison);
        else
            CompareStage(recording, comparison);
    }

    private static void CompareStage(Recording recording, Comparison comparison)
    {
        TokenMatrix x = recording.Vectors("x");
        (int groups, int depth, int block) = (recording.Int("groups"), recording.Int("depth"), recording.Int("block_index"));
        int[][] rows = [.. Enumerable.Range(0, x.Count).Chunk(x.Count / groups)];
        // The second of the three stages walks backwards.
        bool lastFirst = block == depth / 3 && block > 0;
        int[] leaving = [.. Enumerable.Repeat(recording.Int("r"), groups)];
        Sta.Stage stage = Sta.Accumulate(x, recording.Vectors("metric"), rows, leaving, lastFirst);
        int[] kept = [.. stage.Kept.SelectMany(group => group)];
        comparison.Equal("kept_index", recording.Integers("kept_index"), kept);
        comparison.Close("kept", recording.Floats("kept"), x.Gather(kept).Values.Span, 0);
        comparison.Close("score", recording.Doubles("score"), [.. stage.Scores.SelectMany(scores => scores)], Tolerance);
        comparison.Close("importance", recording.Doubles("importance"), [.. stage.Importance.SelectMany(values => values)], Tolerance);
    }

    private static void CompareStages(Recording recording, Comparison comparison)
    {
        (int groups, int depth, int width) = (recording.Int("groups"), recording.Int("depth"), recording.Shape("x")[1]);
        TokenGrid grid = recording.Grid(groups, recording.Shape("x")[0] / groups);
        var method = new Sta(new Sta.Options { PerGroup = recording.Int("r"), GroupFrames = groups });
        var run = new RecordedRun(method, RecordedRun.Context(depth, 1, grid), recording.Floats("x"), width);
        int[] blocks = recording.IntsBetweenCommas("block_index");
        for (int layer = 0; layer < depth; layer++)
        {
            int stage = Array.IndexOf(blocks, layer);
            TokenMatrix? metric = stage < 0 ? null : recording.Vectors(stage == 0 ? "metric" : $"metric{stage}");
            bool acted = run.Stop(new EncoderPoint(layer, EncoderMoment.AfterBlock), metric);
            comparison.Holding($"block {layer}", acted == stage >= 0, acted ? "tokens left where the recording has none" : "no token left");
            if (!acted || stage < 0)
                continue;
            comparison.Equal($"kept_index{stage}", recording.Integers($"kept_index{stage}"), run.Plan!.Places);
            comparison.Equal($"origin{stage}", recording.Integers($"origin{stage}"), run.Origins);
        }
        comparison.Close("kept", recording.Floats("kept"), run.X, 0);
    }
}
