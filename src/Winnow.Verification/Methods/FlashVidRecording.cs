using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="FlashVid"/>, before the language model.</summary>
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
        comparison.Equal("segment_lengths", [.. recording.Integers("segment_lengths").Where(length => length > 0)], starts.Append(input.Grid.Frames).Skip(1).Zip(starts, (end, start) => end - start));
        int selected = trace.Find<int>("selected_per_frame")![0], perFrame = trace.Find<int>("segment_budgets")!.Sum() / input.Grid.Frames;
        comparison.Equal("budget_selected_per_frame", recording.Integers("budget_selected_per_frame"), [selected]);
        comparison.Equal("budget_merged_per_frame", recording.Integers("budget_merged_per_frame"), [perFrame - selected]);
        comparison.Equal("selected_token_per_frame", recording.Integers("selected_token_per_frame"), trace.Find<int>("selected")!.Select(input.Grid.PlaceOf));
        if (recording.Has("tree_root_index"))
        {
            comparison.Equal("tree_root_index", recording.Integers("tree_root_index"), trace.Find<int>("roots")!);
            comparison.RelativelyClose("tree_root_features", recording.Floats("tree_root_features"), trace.Find<float>("root_features"), Tolerance);
        }
        comparison.Equal("kept", recording.Integers("kept"), plan.Places);
        comparison.RelativelyClose("output_features", recording.Floats("output_features"), plan.Apply(input.Features), Tolerance);
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
