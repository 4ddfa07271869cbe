using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="METok"/>: stage 1, and stages 2 and 3.</summary>
internal sealed class METokRecording : MethodRecording
{
    // Cosines and means recorded in float32.
    private const double Tolerance = 1e-5;

    // The official strides of key events' sharp frames; the others are two and four times as coarse.
    private const int OfficialStride = 2;

    /// <inheritdoc/>
    public override string Method => METok.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("frame_text_similarity") || recording.Has("cache_rows_third_band");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        if (recording.Has("frame_text_similarity"))
            ComparePooling(recording, comparison);
        else
            ComparePruning(recording, comparison);
    }

    /// <summary>Every row of an event counts as one frame of one place, so that events are runs of rows.</summary>
    private static void ComparePruning(Recording recording, Comparison comparison)
    {
        int[] layers = recording.Ints("pruning_layers"),
            lengths = Array.ConvertAll(recording.Integers("event_lengths"), length => (int)length);
        int[] starts = [.. lengths.Select((_, e) => lengths[..e].Sum())];
        (int first, int text, int visual, int heads) =
            (recording.Int("first_visual"), recording.Int("text_tokens"), lengths.Sum(), recording.Int("heads"));
        var method = new METok(new METok.Options { InnerLayers = layers, KeepRatio = recording.Double("keep_ratio") });
        var trace = new PlanTrace { { PlanTrace.SegmentStarts, starts },
            { "key_events", Array.ConvertAll(recording.Integers("key_events"), key => (int)key) } };
        PrefillContext context = RecordedPrefill.Context(new TokenMatrix(new float[first + visual + text], 1), first, visual, heads) with
        {
            Grid = new TokenGrid(visual, 1, 1),
            Plan = ReductionPlan.Keep([.. Enumerable.Range(0, visual)], visual, trace),
        };
        var prefill = new RecordedPrefill(context);
        IPrefillRun run = method.Begin(context);
        for (int stage = 0; stage < layers.Length; stage++)
        {
            int left = prefill.VisualPlaces.Count();
            AttentionView attention = AttentionView.Of(recording.Floats($"attention{stage + 1}"), heads, text);
            comparison.Close($"score{stage + 1}", recording.Doubles($"score{stage + 1}"),
                Primitives.ReceivedAttention.Mean(attention, 0, first + left), Tolerance);
            PrefillStep step = prefill.Stop(run, new PrefillPoint(layers[stage]), attention)!;
            comparison.Equal($"kept{stage + 1}", recording.Integers($"kept{stage + 1}"), step.Plan.Places);
            comparison.Equal($"kept_global{stage + 1}", recording.Integers($"kept_global{stage + 1}"), prefill.Origins);
            comparison.Equal($"event_lengths{stage + 1}", recording.Integers($"event_lengths{stage + 1}"),
                starts.Zip(lengths, (start, length) => prefill.VisualPlaces.Count(place => place >= start && place < start + length)));
            foreach (CacheCut cut in step.CacheCuts)
            {
                string band = cut.FirstLayer == layers[0] ? "cache_rows_second_band" : "cache_rows_third_band";
                comparison.Equal(band, recording.Integers(band), cut.Rows);
            }
        }
    }

    private static void ComparePooling(Recording recording, Comparison comparison)
    {
        var method = new METok(new METok.Options
        {
            Cuts = recording.Int("cuts"),
            KeyEvents = recording.Int("key_events"),
            SharpFrames = recording.Int("sharp_frames_per_event"),
            Stride = OfficialStride,
            Mode = PoolingOf(recording.Text("pool_mode")),
        });
        int side = recording.Int("side");
        var grid = new TokenGrid(recording.Shape("features")[0], side, side);
        TokenMatrix features = recording.Vectors("features");
        var signals = new Dictionary<SignalRequest, SignalValue>
        {
            [new SignalRequest(Signal.FrameScores)] = recording.Signal("frame_text_similarity"),
        };
        ReductionPlan plan = method.Reduce(new ReductionInput(features, grid, signals));
        PlanTrace trace = plan.Trace;
        int[] starts = trace.Find<int>(PlanTrace.SegmentStarts)!, ends = [.. starts.Skip(1), grid.Frames],
            frameTokens = trace.Find<int>(PlanTrace.FrameBudgets)!;
        comparison.Close("adjacent_similarity", recording.Doubles("adjacent_similarity"), trace.Find<double>("similarity"), Tolerance);
        comparison.Equal("events", recording.Integers("events"), starts.Zip(ends, (start, end) => new[] { start, end - 1 })
            .SelectMany(pair => pair));
        comparison.Close("event_relevance", recording.Doubles("event_relevance"), trace.Find<double>("relevance"), Tolerance);
        comparison.Equal("key_events", recording.Integers("key_events"), trace.Find<int>("key_events")!);
        comparison.Equal("frame_tokens", recording.Integers("frame_tokens"), frameTokens);
        // Every event is followed by the newline vector, which its length counts.
        int[] lengths = [.. starts.Zip(ends, (start, end) => frameTokens[start..end].Sum())];
        comparison.Equal("event_lengths", recording.Integers("event_lengths"), lengths.Select(length => length + 1));
        float[] pooled = plan.Apply(features), newline = recording.Floats("newline");
        var tokens = new List<float>();
        int next = 0;
        foreach (int length in lengths)
        {
            tokens.AddRange(pooled.AsSpan(next, length * features.Dimension));
            tokens.AddRange(newline);
            next += length * features.Dimension;
        }
        comparison.RelativelyClose("tokens", recording.Floats("tokens"), tokens.ToArray(), Tolerance);
    }

    private static METok.Pooling PoolingOf(string mode) => mode switch
    {
        "bilinear" => METok.Pooling.Bilinear,
        "average" => METok.Pooling.Average,
        "max" => METok.Pooling.Maximum,
        _ => throw new RecordingSkippedException($"there is no pool mode \"{mode}\""),
    };
}
