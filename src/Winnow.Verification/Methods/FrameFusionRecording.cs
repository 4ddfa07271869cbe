using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="FrameFusion"/>: a run of calls, each from the recorded states.</summary>
internal sealed class FrameFusionRecording : MethodRecording
{
    // Cosines and means recorded in float32.
    private const double Tolerance = 1e-5;

    /// <inheritdoc/>
    public override string Method => FrameFusion.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("call0_hidden_in");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        (int before, int after, int perFrame) =
            (recording.Int("text_before"), recording.Int("text_after"), recording.Int("tokens_per_frame"));
        var method = new FrameFusion(new FrameFusion.Options
        {
            Cost = recording.Double("cost"),
            SimilarityFloor = recording.Double("similarity_lower_bound"),
            ShareFloor = recording.Double("ratio_lower_bound"),
            LayerCount = recording.Int("num_layers"),
        });
        TokenMatrix hidden = recording.Vectors("call0_hidden_in");
        PrefillContext context = RecordedPrefill.Context(hidden, before, hidden.Count - before - after, heads: 1) with
        {
            Grid = new TokenGrid(recording.Int("frames"), 1, perFrame),
        };
        var prefill = new RecordedPrefill(context);
        IPrefillRun run = method.Begin(context);
        for (int call = 0; recording.Has($"call{call}_hidden_in"); call++)
        {
            string name = $"call{call}_";
            comparison.Equal(name + "alive_in", recording.Integers(name + "alive_in"), prefill.Origins);
            prefill.Continue(recording.Vectors(name + "hidden_in"));
            bool isPruning = !recording.Has(name + "similarity");
            // The first call comes before layer 0, the others after the attention of layers 0, 1, 2, ...
            PrefillPoint point = call == 0 ? new PrefillPoint(0) : new PrefillPoint(call - 1, PrefillMoment.AfterAttention);
            AttentionView? attention = isPruning
                ? AttentionView.Of(recording.Floats("prune_attention"), recording.Shape("prune_attention")[0], 1)
                : null;
            PrefillStep? step = prefill.Stop(run, point, attention);
            CompareCall(recording, comparison, name, step?.Plan.Trace, before);
            comparison.Equal(name + "alive_out", recording.Integers(name + "alive_out"), prefill.Origins);
            comparison.RelativelyClose(name + "hidden_out", recording.Floats(name + "hidden_out"), prefill.Hidden.Values.Span, Tolerance);
        }
        comparison.Equal("kept_sequence", recording.Integers("kept_sequence"), prefill.Origins);
        comparison.Equal("kept", recording.Integers("kept"), prefill.VisualPlaces);
    }

    private static void CompareCall(Recording recording, Comparison comparison, string name, PlanTrace? trace, int before)
    {
        if (trace is null)
            return;
        comparison.Close(name + "required_ratio", recording.Doubles(name + "required_ratio"), trace.Find<double>("required"), 1e-9);
        if (!recording.Has(name + "similarity"))
            return;
        int[] order = trace.Find<int>("order")!;
        // Recorded row numbers count from the first visual row or from the first row of all.
        int offset = recording.Integers(name + "token_order").Min() == 0 ? before : 0;
        comparison.Equal(name + "token_order", recording.Integers(name + "token_order"), order.Select(row => row - offset));
        comparison.Close(name + "similarity", recording.Doubles(name + "similarity"), trace.Find<double>("similarity"), Tolerance);
        comparison.Equal(name + "merge_positions", recording.Integers(name + "merge_positions"), trace.Find<int>("merged")!);
    }
}
