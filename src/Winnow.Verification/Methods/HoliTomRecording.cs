using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="HoliTom"/>: the outer part, its segmentation alone, and the inner part.</summary>
internal sealed class HoliTomRecording : MethodRecording
{
    // The recorded values are float32; ours are float64 until they are emitted.
    private const double Tolerance = 1e-4;

    // A newline vector, which is no visual token, in the list of sources.
    private const int Newline = -1;

    /// <inheritdoc/>
    public override string Method => HoliTom.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("frame_similarity") || recording.Has("merged_hidden_states");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        if (recording.Has("merged_hidden_states"))
            CompareInner(recording, comparison);
        else if (recording.Has("features"))
            CompareOuter(recording, comparison);
        else
            CompareSegmentation(recording, comparison);
    }

    private static void CompareOuter(Recording recording, Comparison comparison)
    {
        if (recording.Double("clustering_share_D") != 0)
            throw new RecordingSkippedException("a clustering share above 0, where the official code fails");
        bool isGrid = recording.Text("newline_mode") == "grid";
        var method = new HoliTom(new HoliTom.Options
        {
            Retention = recording.Double("retain_ratio"),
            SimilarityThreshold = recording.Double("similarity_threshold_T"),
            CentreWeight = recording.Double("centre_weight_beta"),
            PlainMean = recording.Text("NO_BETA") is not ("unset" or "0"),
            Neighbours = recording.Int("knn_k"),
            MaxWindow = recording.Int("max_window"),
            GridOrder = isGrid,
            Reproduce = true,
        });
        ReductionInput input = recording.Input("features", (new SignalRequest(Signal.ReceivedAttention), recording.Signal("attention")));
        ReductionPlan plan = method.Reduce(input);
        PlanTrace trace = plan.Trace;
        int[] starts = trace.Find<int>(PlanTrace.SegmentStarts)!;
        comparison.Close("frame_similarity", recording.Doubles("frame_similarity"), trace.Find<double>("similarity"), Tolerance);
        comparison.Equal("segments", recording.Integers("segments"), starts
            .Zip(starts.Append(input.Grid.Frames).Skip(1), (start, end) => new[] { start, end - 1 }).SelectMany(pair => pair));
        comparison.Close("total_reduced", [recording.Double("total_reduced")], [trace.Find<int>("saved")![0]], 0);
        comparison.Close("adjusted_ratio", [recording.Double("adjusted_ratio")], trace.Find<double>("share"), 0);
        comparison.Equal("static_mask", recording.Flags("static_mask"), trace.Find<bool>("static")!.Select(still => still ? 1 : 0));
        comparison.Equal("kept_per_segment", recording.Integers("kept_per_segment"), trace.Find<int>("kept_per_segment")!);
        int[] emitted = [.. isGrid ? WithNewlines(plan.Places, input.Grid.TokensPerFrame) : Enumerable.Range(0, plan.Count)];
        comparison.Equal("emitted_source", recording.Integers("emitted_source"), emitted
            .Select(token => token == Newline ? Newline : plan.Places[token]));
        comparison.Close("emitted_features", recording.Floats("emitted_features"),
            Features(plan, input.Features, emitted, isGrid ? recording.Floats("newline") : []), Tolerance);
    }

    private static void CompareInner(Recording recording, Comparison comparison)
    {
        const int Layer = 1;
        (int start, int count, int heads) = (recording.Int("image_start"), recording.Int("image_tokens"), recording.Int("heads"));
        var method = new HoliTom(new HoliTom.Options { InnerLayer = Layer, MergedShare = recording.Double("prune_ratio_r") });
        PrefillContext context = RecordedPrefill.Context(recording.Vectors("hidden_states"), start, count, heads);
        var prefill = new RecordedPrefill(context);
        PrefillStep? step = prefill.Stop(method.Begin(context), new PrefillPoint(Layer),
            AttentionView.Of(recording.Floats("attention_last_query"), heads, 1));
        int[] visual = [.. prefill.Origins.Where(row => row >= start && row < start + count)];
        comparison.SameSet("top_indices", recording.Integers("top_indices"), visual);
        comparison.Equal("non_top_indices", recording.Integers("non_top_indices"), Enumerable.Range(start, count).Except(visual));
        comparison.Equal("target_of_non_top", recording.Integers("target_of_non_top"), Enumerable.Range(start, count).Except(visual)
            .Select(row => TargetOf(step!.Plan, row)));
        comparison.Equal("kept_sequence_indices", recording.Integers("kept_sequence_indices"), prefill.Origins);
        comparison.Equal("position_ids", recording.Integers("position_ids"), prefill.Positions);
        comparison.RelativelyClose("merged_hidden_states", recording.Floats("merged_hidden_states"), prefill.Hidden.Values.Span, 1e-5);
    }

    private static int TargetOf(ReductionPlan plan, int row) => plan.Places[Enumerable.Range(0, plan.Count).First(token =>
        Enumerable.Range(plan.Offsets[token], plan.Offsets[token + 1] - plan.Offsets[token]).Any(entry => plan.Sources[entry] == row))];

    private static void CompareSegmentation(Recording recording, Comparison comparison)
    {
        double threshold = recording.Double("similarity_threshold_T");
        bool[] unchanged = Array.ConvertAll(recording.Floats("frame_similarity"), value => value > (float)threshold);
        (Segment[] segments, int saved) = StaticWindows.Choose(unchanged, recording.Int("tokens_per_frame"), recording.Int("frames"),
            recording.Int("max_window"));
        comparison.Equal("segments", recording.Integers("segments"), segments.SelectMany(segment => new[] { segment.Start, segment.Last }));
        comparison.Close("total_reduced", [recording.Double("total_reduced")], [saved], 0);
    }

    // Numbers of the emitted tokens; after the last one of every row of the square grid that has any, a newline.
    private static IEnumerable<int> WithNewlines(IReadOnlyList<int> places, int tokensPerFrame)
    {
        int side = (int)Math.Sqrt(tokensPerFrame);
        for (int token = 0; token < places.Count; token++)
        {
            yield return token;
            if (token + 1 == places.Count || places[token + 1] / side != places[token] / side)
                yield return Newline;
        }
    }

    private static float[] Features(ReductionPlan plan, TokenMatrix source, int[] emitted, float[] newline)
    {
        float[] tokens = new float[plan.Count * source.Dimension];
        plan.Apply(source, tokens);
        return [.. emitted.SelectMany(token => token == Newline ? newline
            : tokens[(token * source.Dimension)..((token + 1) * source.Dimension)])];
    }
}
