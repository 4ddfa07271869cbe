using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="VidTldr"/>: single steps, one of them behind an attention with its weights.</summary>
internal sealed class VidTldrRecording : MethodRecording
{
    private const double Tolerance = 1e-4;

    /// <inheritdoc/>
    public override string Method => VidTldr.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => true;

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        (int count, int width) = (recording.Shape("x")[0], recording.Shape("x")[1]);
        float[] x = recording.Floats("x"), sizes = recording.Has("size") ? recording.Floats("size") : [.. Enumerable.Repeat(1f, count)];
        float[] attention = recording.Has("attn") ? recording.Floats("attn") : Attend(recording, comparison, x, sizes);
        int frames = recording.Knows("frames") ? recording.Int("frames") : 1;
        TokenGrid grid = recording.Grid(frames, count / frames);
        var method = new VidTldr(new VidTldr.Options { PerLayer = [recording.Double("r")], GroupFrames = grid.Frames });
        var run = new RecordedRun(method, RecordedRun.Context(1, recording.Int("heads"), grid), x, width, sizes: sizes);
        var point = new EncoderPoint(0, EncoderMoment.AfterAttention);
        run.Stop(point, attention: [AttentionView.Of(attention, recording.Int("heads"), count)]);
        if (run.Plan is { } plan)
        {
            comparison.Close("neg_entropy", recording.Doubles("neg_entropy"), plan.Trace.Find<double>("sharpness")!, Tolerance);
            comparison.Close("score", recording.Doubles("score"), plan.Trace.Find<double>("salience")!, Tolerance);
            IEnumerable<int> background = plan.Trace.Find<bool>("background")!.Select(flag => flag ? 1 : 0);
            comparison.Equal("background", recording.Integers("background"), background);
            comparison.Equal("source_index", recording.Integers("source_index"), plan.Trace.Find<int>("sources")!);
            comparison.Equal("target_index", recording.Integers("target_index"), plan.Trace.Find<int>("targets")!);
        }
        comparison.Equal("emitted_index", recording.Integers("emitted_index"), run.Origins);
        comparison.RelativelyClose("merged", recording.Floats("merged"), run.X, Tolerance);
        comparison.RelativelyClose("size_out", recording.Floats("size_out"), run.Sizes, Tolerance);
    }

    /// <summary>Attention with sizes, and the probabilities without them by which tokens are scored.</summary>
    private static float[] Attend(Recording recording, Comparison comparison, float[] x, float[] sizes)
    {
        float[] queries = recording.Floats("attn.q_bias"), values = recording.Floats("attn.v_bias");
        var attention = new FusedAttention(recording, recording.Int("heads"), [.. queries, .. new float[queries.Length], .. values]);
        float[] output = attention.Attend(x, Array.ConvertAll(sizes, size => Math.Log(size)));
        comparison.RelativelyClose("attn_out", recording.Floats("attn_out"), output, Tolerance);
        float[] plain = attention.Probabilities([]);
        comparison.Close("attn_for_score", recording.Floats("attn_for_score"), plain, Tolerance);
        return plain;
    }
}
