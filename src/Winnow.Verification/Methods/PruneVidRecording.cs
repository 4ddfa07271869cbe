using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="PruneVid"/>: stage 1, and its clustering and label clean-up alone.</summary>
internal sealed class PruneVidRecording : MethodRecording
{
    // The recorded values are float32; ours are float64 until they are emitted.
    private const double Tolerance = 1e-4;

    /// <inheritdoc/>
    public override string Method => PruneVid.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("merged_features") || recording.Has("distance_indicator") || recording.Has("refined");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        if (recording.Has("refined"))
            CompareCleanUp(recording, comparison);
        else if (recording.Has("distance_indicator"))
            CompareClustering(recording, comparison);
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
        comparison.Equal("window_sizes", recording.Integers("window_sizes"), starts.Append(input.Grid.Frames).Skip(1).Zip(starts, (end, start) => end - start));
        comparison.Close("segment_similarity", recording.Doubles("segment_similarity"), [.. starts.SelectMany(start => trace.Find<double>($"similarity_{start}")!)], Tolerance);
        comparison.Equal("static_mask", recording.Flags("static_mask"), starts.SelectMany(start => trace.Find<bool>($"static_{start}")!).Select(still => still ? 1 : 0));
        comparison.Equal("static_sizes", recording.Integers("static_sizes"), trace.Find<int>("static_sizes")!);
        comparison.Equal("dynamic_sizes", recording.Integers("dynamic_sizes"), trace.Find<int>("dynamic_sizes")!);
        comparison.Equal("source_to_emitted", recording.Integers("source_to_emitted"), EmittedOf(plan));
        float[] merged = new float[plan.Count * input.Features.Dimension];
        plan.Apply(input.Features, merged);
        comparison.Close("merged_features", recording.Floats("merged_features"), merged, Tolerance);
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
        int[][] refined = [.. recording.Integers("labels").Chunk(frames).Select(row => LabelRuns.Clean(Array.ConvertAll(row, label => (int)label)))];
        comparison.Equal("refined", recording.Integers("refined"), refined.SelectMany(row => row));
        comparison.Equal("segment_lengths", recording.Integers("segment_lengths"),
            refined.SelectMany(row => Segmentation.FromLabels(row).Select(segment => segment.Length).Concat(Enumerable.Repeat(0, widest)).Take(widest)));
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
