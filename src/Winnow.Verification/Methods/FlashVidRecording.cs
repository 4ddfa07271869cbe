using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="FlashVid"/>: before the language model and, where it was recorded, inside it.</summary>
internal sealed class FlashVidRecording : MethodRecording
{
    // The recorded values are float32, sums of up to a whole video; ours are float64 until they are emitted.
    private const double Tolerance = 1e-4;

    /// <inheritdoc/>
    public override string Method => FlashVid.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("kept");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        bool cuts = recording.Bool("do_segment");
        var method = new FlashVid(new FlashVid.Options
        {
            Retention = recording.Double("retention_ratio"),
            Expansion = recording.Double("expansion"),
            Alpha = recording.Double("alpha"),
            Method = SelectionOf(recording.Text("token_selection_method")),
            TemporalThreshold = recording.Double("temporal_threshold"),
            SegmentThreshold = cuts ? recording.Double("segment_threshold") : double.NegativeInfinity,
            MinSegments = cuts && recording.Bool("complementary_segment") ? recording.Int("min_segment_num") : 1,
            Reproduce = true,
        });
        ReductionInput input = recording.Input("features", (new SignalRequest(Signal.ReceivedAttention), recording.Signal("attention")));
        ReductionPlan plan = method.Reduce(input);
        PlanTrace trace = plan.Trace;
        int[] starts = trace.Find<int>(PlanTrace.SegmentStarts)!;
        // Official segments may be empty, where a cut was added twice.
        comparison.Equal("segment_lengths", [.. recording.Integers("segment_lengths").Where(length => length > 0)], starts
            .Append(input.Grid.Frames).Skip(1).Zip(starts, (end, start) => end - start));
        int selected = trace.Find<int>("selected_per_frame")![0], perFrame = trace.Find<int>("segment_budgets")!.Sum() / input.Grid.Frames;
        comparison.Equal("budget_selected_per_frame", recording.Integers("budget_selected_per_frame"), [selected]);
        comparison.Equal("budget_merged_per_frame", recording.Integers("budget_merged_per_frame"), [perFrame - selected]);
        comparison.Equal("selected_token_per_frame", recording.Integers("selected_token_per_frame"), trace.Find<int>("selected")!
            .Select(input.Grid.PlaceOf));
        if (recording.Has("tree_root_index"))
        {
            comparison.Equal("tree_root_index", recording.Integers("tree_root_index"), trace.Find<int>("roots")!);
            comparison.RelativelyClose("tree_root_features", recording.Floats("tree_root_features"), trace.Find<float>("root_features"),
                Tolerance);
        }
        comparison.Equal("kept", recording.Integers("kept"), plan.Places);
        comparison.RelativelyClose("output_features", recording.Floats("output_features"), plan.Apply(input.Features), Tolerance);
        if (recording.Has("llm_keep_positions"))
            CompareInner(recording, comparison, plan.Count);
    }

    private static void CompareInner(Recording recording, Comparison comparison, int visual)
    {
        (int start, int layer, int heads) = (recording.Int("llm_text_before"), recording.Int("pruning_layer"), recording.Int("llm_heads"));
        var method = new FlashVid(new FlashVid.Options { InnerLayer = layer, InnerRetention = recording.Double("llm_retention_ratio") });
        PrefillContext context = RecordedPrefill.Context(new TokenMatrix(new float[start + visual + recording.Int("llm_text_after")], 1),
            start, visual, heads);
        var prefill = new RecordedPrefill(context);
        prefill.Stop(method.Begin(context), new PrefillPoint(layer), AttentionView.Of(recording.Floats("llm_attention_used"), heads, 1));
        comparison.Equal("llm_keep_positions", recording.Integers("llm_keep_positions"), prefill.Origins);
        comparison.Equal("llm_position_ids", recording.Integers("llm_position_ids"), prefill.Positions);
    }

    private static FlashVid.Selection SelectionOf(string name) => name switch
    {
        "attn" => FlashVid.Selection.Attention,
        "div" => FlashVid.Selection.Diversity,
        "attn_div" => FlashVid.Selection.AttentionDiversity,
        "attn_div_v2" => FlashVid.Selection.AttentionDiversityRelevance,
        _ => throw new RecordingSkippedException($"there is no selection \"{name}\""),
    };
}
