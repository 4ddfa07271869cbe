using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="Dart"/>, in the counting rules of its three models.</summary>
internal sealed class DartRecording : MethodRecording
{
    // Sums of float32 keys, and a norm in another order.
    private const double Tolerance = 1e-5;

    /// <inheritdoc/>
    public override string Method => Dart.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("pivot_order");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        string? kept = new[] { "keep_next", "max_keep" }.FirstOrDefault(name => recording.Text(name) != "None");
        var method = new Dart(new Dart.Options
        {
            Layer = recording.Int("prune_layer"),
            ImagePivots = recording.Int("pivot_image"),
            TextPivots = recording.Int("pivot_text"),
            KeptTokens = kept is null ? null : recording.Int(kept),
            RemovedShare = kept is null ? recording.Double("prune_ratio") : null,
        });
        PrefillContext context = RecordedPrefill.Context(recording.Vectors("hidden"), recording.Int("image_start"),
            recording.Int("image_length"), recording.Int("heads")) with
        {
            FinalNorm = recording.Floats("norm_weight"),
            NormEpsilon = recording.Double("norm_eps"),
        };
        var prefill = new RecordedPrefill(context);
        TokenMatrix keys = SideBySide(recording);
        var point = new PrefillPoint(recording.Int("prune_layer"));
        Dart.Choice choice = method.Choose(prefill.View(point, keys: keys));
        comparison.RelativelyClose("key_l1", recording.Floats("key_l1"), Array.ConvertAll(choice.KeyNorms, norm => (float)norm), Tolerance);
        comparison.Equal("image_pivots", recording.Integers("image_pivots"), choice.ImagePivots);
        comparison.Equal("text_pivots", recording.Integers("text_pivots"), choice.TextPivots);
        comparison.Equal("pivot_order", recording.Integers("pivot_order"), choice.PivotOrder);
        comparison.Equal("picks", recording.Integers("picks"), choice.Picks.SelectMany(taken => taken));
        comparison.Equal("retained", recording.Integers("retained"), choice.Retained);
        prefill.Stop(method.Begin(context), point, keys: keys);
        comparison.Equal("kept_visual", recording.Integers("kept_visual"), prefill.VisualPlaces);
        comparison.Equal("keep_indices", recording.Integers("keep_indices"), prefill.Origins);
        comparison.Equal("position_ids", recording.Integers("position_ids"), prefill.Positions);
        comparison.Close("kept_hidden", recording.Floats("kept_hidden"), prefill.Hidden.Values.Span, 0);
    }

    // Recorded [heads, S, width]; a row has all heads side by side.
    private static TokenMatrix SideBySide(Recording recording)
    {
        IReadOnlyList<int> shape = recording.Shape("keys");
        (int heads, int count, int width) = (shape[0], shape[1], shape[2]);
        float[] recorded = recording.Floats("keys"), rows = new float[recorded.Length];
        for (int head = 0; head < heads; head++)
            for (int row = 0; row < count; row++)
                recorded.AsSpan((head * count + row) * width, width).CopyTo(rows.AsSpan((row * heads + head) * width));
        return new TokenMatrix(rows, heads * width);
    }
}
