using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="FastV"/>: its counting rules, and the variant that hides instead of dropping.</summary>
internal sealed class FastVRecording : MethodRecording
{
    // Means over heads of float32 probabilities.
    private const double Tolerance = 1e-6;

    /// <inheritdoc/>
    public override string Method => FastV.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("keep_indices");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        (int start, int count) = (recording.Int("image_start"), recording.Int("image_length"));
        var method = new FastV(new FastV.Options
        {
            Layer = recording.Int("agg_layer"),
            RemovedShare = recording.Knows("prune_ratio") ? recording.Double("prune_ratio") : null,
            KeptTokens = recording.Knows("prune_ratio") ? null : recording.Int("keep_count"),
        });
        PrefillContext context = RecordedPrefill.Context(recording.Vectors("hidden"), start, count, recording.Int("heads"));
        var prefill = new RecordedPrefill(context);
        AttentionView attention = RecordedPrefill.LastRows(recording, "attention", 1);
        comparison.Close("image_scores", recording.Doubles("image_scores"),
            Primitives.ReceivedAttention.Mean(attention, start, count), Tolerance);
        prefill.Stop(method.Begin(context), new PrefillPoint(recording.Int("agg_layer")), attention);
        comparison.SameSet("top_indices_descending", recording.Integers("top_indices_descending"),
            prefill.Origins.Where(row => row >= start && row < start + count));
        comparison.Equal("keep_indices", recording.Integers("keep_indices"), prefill.Origins);
        comparison.Equal("kept_visual", recording.Integers("kept_visual"), prefill.VisualPlaces);
        if (recording.Has("position_ids"))
            comparison.Equal("position_ids", recording.Integers("position_ids"), prefill.Positions);
        if (recording.Has("kept_hidden"))
            comparison.Close("kept_hidden", recording.Floats("kept_hidden"), prefill.Hidden.Values.Span, 0);
        if (recording.Has("token_mask"))
            comparison.Equal("token_mask", recording.Flags("token_mask"),
                Enumerable.Range(0, context.Embeddings.Count).Select(row => prefill.Origins.Contains(row) ? 1 : 0));
    }
}
