using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>
/// Recordings of <see cref="PyramidDrop"/>: stages with their own projections; a batch is its samples, one after another.
/// </summary>
internal sealed class PyramidDropRecording : MethodRecording
{
    // Attention from float32 products in another order.
    private const double Tolerance = 1e-5;

    /// <inheritdoc/>
    public override string Method => PyramidDrop.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("query_weight");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        int[] starts = recording.Ints("image_start");
        for (int sample = 0; sample < starts.Length; sample++)
            CompareSample(recording, comparison, sample, starts.Length > 1);
    }

    private static void CompareSample(Recording recording, Comparison comparison, int sample, bool isBatch)
    {
        int start = recording.Ints("image_start")[sample], count = recording.Ints("image_length")[sample];
        int[] layers = recording.Ints("layer_list");
        var method = new PyramidDrop(new PyramidDrop.Options { Layers = layers, Ratios = recording.Numbers("ratio_list") });
        PrefillContext context = RecordedPrefill.Context(recording.Vectors(sample == 0 ? "hidden" : "hidden_b"),
            start, count, recording.Int("heads"));
        var prefill = new RecordedPrefill(context);
        IPrefillRun run = method.Begin(context);
        for (int stage = 0; stage < layers.Length; stage++)
        {
            string name = isBatch ? $"stage{stage}_sample{sample}_" : $"stage{stage}_";
            AttentionView attention = Attention(recording, stage).Of(prefill.Hidden, prefill.Positions, 1);
            if (recording.Has(name + "attention_last"))
                comparison.Close(name + "attention_last", recording.Floats(name + "attention_last"), attention.ReadAll(), Tolerance);
            comparison.Close(name + "image_scores", recording.Doubles(name + "image_scores"),
                ReceivedAttention.Mean(attention, start, prefill.VisualPlaces.Count()), Tolerance);
            prefill.Stop(run, new PrefillPoint(layers[stage]), attention);
            // Samples of a batch are padded to the longest: positions with 0, the mask with false.
            int padded = recording.Shape(name + "position_ids")[0];
            comparison.Equal(name + "keep_indices",
                recording.Integers(name + "keep_indices").AsSpan(0, prefill.Origins.Count), prefill.Origins);
            comparison.Equal(name + "position_ids", recording.Integers(name + "position_ids"),
                prefill.Positions.Concat(Enumerable.Repeat(0, padded)).Take(padded));
            comparison.Equal(name + "kept_visual", recording.Integers(name + "kept_visual"), prefill.VisualPlaces);
            if (isBatch)
                comparison.Equal($"stage{stage}_mask of sample {sample}",
                    recording.Flags($"stage{stage}_mask").Chunk(recording.Shape($"stage{stage}_mask")[1]).ElementAt(sample).AsSpan(),
                    Enumerable.Range(0, recording.Shape($"stage{stage}_mask")[1]).Select(row => row < prefill.Origins.Count ? 1 : 0));
        }
        int each = recording.Floats("final_hidden").Length / recording.Ints("image_start").Length;
        comparison.Close($"final_hidden of sample {sample}",
            recording.Floats("final_hidden").AsSpan(sample * each, prefill.Hidden.Values.Length), prefill.Hidden.Values.Span, 0);
    }

    private static ProjectedAttention Attention(Recording recording, int stage) => new()
    {
        Norm = Stage(recording, "norm_weight", stage),
        Epsilon = (float)recording.Double("norm_eps"),
        QueryWeight = Stage(recording, "query_weight", stage),
        KeyWeight = Stage(recording, "key_weight", stage),
        Heads = recording.Int("heads"),
        KeyHeads = recording.Int("heads"),
        RopeBase = recording.Double("rope_base"),
    };

    private static float[] Stage(Recording recording, string array, int stage)
    {
        float[] all = recording.Floats(array);
        int each = all.Length / recording.Shape(array)[0];
        return all[(stage * each)..((stage + 1) * each)];
    }
}
