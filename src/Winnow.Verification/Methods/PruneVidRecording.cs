using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="PruneVid"/>: stage 1, its clustering and label clean-up alone, and stage 2.</summary>
internal sealed class PruneVidRecording : MethodRecording
{
    // The recorded values are float32; ours are float64 until they are emitted.
    private const double Tolerance = 1e-4;

    /// <inheritdoc/>
    public override string Method => PruneVid.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) =>
        recording.Has("merged_features") || recording.Has("kept_image_indices") || recording.Has("distance_indicator")
        || recording.Has("refined");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        if (recording.Has("refined"))
            CompareCleanUp(recording, comparison);
        else if (recording.Has("distance_indicator"))
            CompareClustering(recording, comparison);
        else if (recording.Has("kept_image_indices"))
            ComparePruning(recording, comparison);
        else
            CompareStage(recording, comparison);
    }

    private static void CompareStage(Recording recording, Comparison comparison)
    {
        var method = new PruneVid(new PruneVid.Options
        {
            SimilarityThreshold = recording.Double("similarity_threshold_tau"),
            TemporalSegmentRatio = recording.Double("temporal_segment_ratio"),
            ClusterRatio = recording.Double("cluster_ratio"),
            Neighbours = recording.Int("knn_k"),
            Reproduce = true,
        });
        ReductionInput input = recording.Input();
        ReductionPlan plan = method.Reduce(input);
        PlanTrace trace = plan.Trace;
        int[] starts = trace.Find<int>(PlanTrace.SegmentStarts)!;
        comparison.Equal("frame_centers", recording.Integers("frame_centers"), trace.Find<int>("frame_centres")!);
        comparison.Equal("frame_labels_raw", recording.Integers("frame_labels_raw"), trace.Find<int>("frame_labels")!);
        comparison.Equal("frame_labels_refined", recording.Integers("frame_labels_refined"), trace.Find<int>("refined_labels")!);
        comparison.Close("frame_density", recording.Doubles("frame_density"), trace.Find<double>("frame_density"), Tolerance);
        comparison.Close("frame_score", recording.Doubles("frame_score"), trace.Find<double>("frame_score"), Tolerance);
        comparison.Equal("window_sizes", recording.Integers("window_sizes"), starts.Append(input.Grid.Frames).Skip(1)
            .Zip(starts, (end, start) => end - start));
        comparison.Close("segment_similarity", recording.Doubles("segment_similarity"),
            [.. starts.SelectMany(start => trace.Find<double>($"similarity_{start}")!)], Tolerance);
        comparison.Equal("static_mask", recording.Flags("static_mask"), starts.SelectMany(start => trace.Find<bool>($"static_{start}")!)
            .Select(still => still ? 1 : 0));
        comparison.Equal("static_sizes", recording.Integers("static_sizes"), trace.Find<int>("static_sizes")!);
        comparison.Equal("dynamic_sizes", recording.Integers("dynamic_sizes"), trace.Find<int>("dynamic_sizes")!);
        comparison.Equal("source_to_emitted", recording.Integers("source_to_emitted"), EmittedOf(plan));
        float[] merged = new float[plan.Count * input.Features.Dimension];
        plan.Apply(input.Features, merged);
        comparison.Close("merged_features", recording.Floats("merged_features"), merged, Tolerance);
    }

    private static void ComparePruning(Recording recording, Comparison comparison)
    {
        (int start, int visual, int heads) = (recording.Int("text_before"), recording.Int("image_tokens"), recording.Int("heads"));
        int layer = recording.Int("selected_layer");
        var method = new PruneVid(new PruneVid.Options { InnerLayer = layer, RetainedShare = recording.Double("alpha") });
        PrefillContext context = RecordedPrefill.Context(recording.Vectors("hidden_states"), start, visual, heads) with
        {
            Plan = ReductionPlan.Keep([.. Enumerable.Range(0, visual)], visual, new PlanTrace { { "groups", GroupNumbers(recording) } }),
        };
        var prefill = new RecordedPrefill(context);
        AttentionView attention = RecordedPrefill.LastRows(recording, "attention", recording.Int("text_after"));
        comparison.Close("image_scores", recording.Floats("image_scores"), ReceivedAttention.Maximum(attention, start, visual), 0);
        PrefillStep step = prefill.Stop(method.Begin(context), new PrefillPoint(layer + 1), attention)!;
        comparison.Equal("kept_image_indices", recording.Integers("kept_image_indices"), prefill.VisualPlaces);
        comparison.Equal("kept_sequence_indices", recording.Integers("kept_sequence_indices"), prefill.Origins);
        comparison.Equal("kept_position_ids", recording.Integers("kept_position_ids"), prefill.Positions);
        comparison.Close("kept_hidden_states", recording.Floats("kept_hidden_states"), prefill.Hidden.Values.Span, 0);
        comparison.Equal("layers whose cache is cut", [0, layer + 1], step.CacheCuts
            .SelectMany(cut => new[] { cut.FirstLayer, cut.LayerCount }));
        foreach (string cache in new[] { "key_cache", "value_cache" })
            comparison.Close($"kept_{cache}", recording.Floats($"kept_{cache}"), Cut(recording, cache, step.CacheCuts[0].Rows), 0);
    }

    /// <summary>The groups of a segment: its still tokens, then the others in as many equal parts as it has frames.</summary>
    private static int[] GroupNumbers(Recording recording)
    {
        long[] still = recording.Integers("static_sizes"), changing = recording.Integers("dynamic_sizes"),
            frames = recording.Integers("window_sizes");
        IEnumerable<long> sizes = still.SelectMany((size, s) => Enumerable.Repeat(changing[s] / frames[s], (int)frames[s]).Prepend(size));
        return [.. sizes.SelectMany((size, group) => Enumerable.Repeat(group, (int)size))];
    }

    // [layers, heads, S, width].
    private static float[] Cut(Recording recording, string cache, IReadOnlyList<int> rows)
    {
        IReadOnlyList<int> shape = recording.Shape(cache);
        float[][] vectors = [.. recording.Floats(cache).Chunk(shape[3])];
        return [.. from head in Enumerable.Range(0, shape[0] * shape[1]) from row in rows from value in vectors[head * shape[2] + row]
            select value];
    }

    private static void CompareClustering(Recording recording, Comparison comparison)
    {
        RealMatrix distances = Similarity.ScaledDistances(recording.Vectors("tokens"));
        DensityPeaks peaks = DensityPeaks.Of(distances, recording.Int("knn_k"));
        int[] centres = peaks.Centres(recording.Int("cluster_count"), EmitBy.Score);
        comparison.Close("density", recording.Doubles("density"), peaks.Density, Tolerance);
        comparison.Close("distance_indicator", recording.Doubles("distance_indicator"), peaks.Separation, Tolerance);
        comparison.Close("score", recording.Doubles("score"), peaks.Score, Tolerance);
        comparison.Equal("centers", recording.Integers("centers"), centres);
        comparison.Equal("labels", recording.Integers("labels"), DensityPeaks.Assign(distances, centres));
    }

    private static void CompareCleanUp(Recording recording, Comparison comparison)
    {
        int frames = recording.Shape("labels")[1], widest = recording.Shape("segment_lengths")[1];
        int[][] refined = [.. recording.Integers("labels").Chunk(frames)
            .Select(row => LabelRuns.Clean(Array.ConvertAll(row, label => (int)label)))];
        comparison.Equal("refined", recording.Integers("refined"), refined.SelectMany(row => row));
        comparison.Equal("segment_lengths", recording.Integers("segment_lengths"),
            refined.SelectMany(row => Segmentation.FromLabels(row).Select(segment => segment.Length).Concat(Enumerable.Repeat(0, widest))
                .Take(widest)));
    }

    // Every source token has gone into one emitted token.
    private static int[] EmittedOf(ReductionPlan plan)
    {
        int[] emitted = new int[plan.SourceCount];
        Array.Fill(emitted, -1);
        for (int token = 0; token < plan.Count; token++)
            for (int entry = plan.Offsets[token]; entry < plan.Offsets[token + 1]; entry++)
                emitted[plan.Sources[entry]] = token;
        return emitted;
    }
}
