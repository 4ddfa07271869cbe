using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>
/// Recordings of <see cref="Stc"/>: the pruner behind the encoder, and the cacher inside it, whose blocks are computed here with the
/// recorded weights.
/// </summary>
internal sealed class StcRecording : MethodRecording
{
    private const double Tolerance = 1e-4;

    /// <inheritdoc/>
    public override string Method => Stc.Card.Id;

    /// <inheritdoc/>
    public override string Part(Recording recording) => recording.Has("kept_index") ? "pruner" : "cacher";

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("kept_index") || recording.Has("layer0_recomputed");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        if (recording.Has("kept_index"))
            ComparePruner(recording, comparison);
        else
            new RecordedCacher(recording).Compare(comparison, Tolerance);
    }

    private static void ComparePruner(Recording recording, Comparison comparison)
    {
        var method = new Stc(new Stc.Options { KeptPerFrame = recording.Int("token_per_frame"), Reproduce = true });
        int[] chunks = recording.Ints("chunks");
        var grid = recording.Grid(chunks.Sum(), recording.Shape("x")[0] / chunks.Sum());
        ReductionPlan plan = method.Reduce(new ReductionInput(recording.Vectors("x"), grid), chunks);

        int[] channels = plan.Trace.Find<int>("channels")!;
        double[] memory = plan.Trace.Find<double>("memory")!, scores = plan.Trace.Find<double>("scores")!;
        int width = channels.Length / chunks.Length, frame = 0;
        for (int c = 0; c < chunks.Length; c++)
        {
            int first = frame * grid.TokensPerFrame, end = (frame += chunks[c]) * grid.TokensPerFrame;
            comparison.Equal($"chunk{c}_channels", recording.Integers($"chunk{c}_channels"), channels.Skip(c * width).Take(width));
            comparison.Close($"chunk{c}_score", recording.Doubles($"chunk{c}_score"), scores[first..end], Tolerance);
            comparison.Close($"chunk{c}_memory", recording.Doubles($"chunk{c}_memory"), memory[(c * width)..((c + 1) * width)], Tolerance);
            comparison.Equal($"chunk{c}_kept_index", recording.Integers($"chunk{c}_kept_index"),
                plan.Places.Where(place => place >= first && place < end));
        }
        bool newlines = recording.Text("model_name") == "llava_vid";
        comparison.Equal("kept_index", recording.Integers("kept_index"),
            newlines ? PlanComparison.WithNewlines(plan, grid.Frames, grid.Rows, grid.Columns) : plan.Places);
    }
}
