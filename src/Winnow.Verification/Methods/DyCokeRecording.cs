using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="DyCoke"/>: temporal token merging, and what decoding steps see.</summary>
internal sealed class DyCokeRecording : MethodRecording
{
    // Cosines recorded in float32.
    private const double Tolerance = 1e-5;

    /// <inheritdoc/>
    public override string Method => DyCoke.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) =>
        recording.Has("reference_similarity") || recording.Has("similarity_to_previous_step");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        if (recording.Has("reference_similarity"))
            CompareMerging(recording, comparison);
        else
            CompareDecoding(recording, comparison);
    }

    private static void CompareDecoding(Recording recording, Comparison comparison)
    {
        (int start, int visual, int heads) = (recording.Int("image_start"), recording.Int("visual_tokens"), recording.Int("heads"));
        var method = new DyCoke(new DyCoke.Options
        {
            StepLayer = recording.Int("layer_l"),
            HiddenShare = recording.Double("prune_share_P"),
            RefreshThreshold = recording.Double("similarity_threshold"),
        });
        PrefillContext context = RecordedPrefill.Context(new TokenMatrix(new float[start + visual], 1), start, visual, heads);
        DyCoke.Decoding run = method.BeginDecoding(context);
        float[] attention = recording.Floats("attention_of_previous_layer");
        int longest = recording.Shape("attention_of_previous_layer")[2];
        var similarity = new List<double>();
        var pruned = new List<int>();
        var kept = new List<int>();
        var counts = new List<int>();
        foreach (int length in recording.Integers("sequence_length").Select(length => (int)length))
        {
            float[] step = [.. attention.Skip(pruned.Count * heads * longest).Take(heads * longest).Chunk(longest)
                .SelectMany(row => row.Take(length))];
            IReadOnlyList<int>? visible = run.VisibleInStep(new CacheView
            {
                Context = context,
                Layer = recording.Int("layer_l") - 1,
                Attention = AttentionView.Of(step, heads, 1),
                VisualOrigins = [.. Enumerable.Range(start, visual)],
            });
            int[] seen = visible is null ? [.. Enumerable.Range(0, length)]
                : [.. Enumerable.Range(0, start), .. visible, .. Enumerable.Range(start + visual, length - start - visual)];
            similarity.Add(run.Similarity);
            pruned.Add(visible is null ? 0 : 1);
            counts.Add(seen.Length);
            kept.AddRange(seen.Concat(Enumerable.Repeat(-1, longest)).Take(longest));
        }
        comparison.Close("similarity_to_previous_step", recording.Doubles("similarity_to_previous_step"), similarity.ToArray(), Tolerance);
        comparison.Equal("pruned", recording.Flags("pruned"), pruned);
        comparison.Equal("kept_count", recording.Integers("kept_count"), counts);
        comparison.Equal("kept_sequence_indices", recording.Integers("kept_sequence_indices"), kept);
    }

    private static void CompareMerging(Recording recording, Comparison comparison)
    {
        var method = new DyCoke(new DyCoke.Options { RemovedShare = recording.Double("removed_share_K"), Reproduce = true });
        ReductionInput input = recording.Input();
        ReductionPlan plan = method.Reduce(input);
        comparison.Close("reference_similarity", recording.Doubles("reference_similarity"), plan.Trace.Find<double>("similarity"),
            Tolerance);
        comparison.Equal("kept_per_frame", recording.Integers("kept_per_frame"), plan.Trace.Find<int>(PlanTrace.FrameBudgets)!);
        comparison.Equal("kept_indices", recording.Integers("kept_indices"), plan.Places);
        comparison.Close("kept_features", recording.Floats("kept_features"), plan.Apply(input.Features), 0);
    }
}
