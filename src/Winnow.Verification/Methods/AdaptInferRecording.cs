using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="AdaptInfer"/>: one cut each, on attention rows of the text.</summary>
internal sealed class AdaptInferRecording : MethodRecording
{
    private const int Layer = 1;

    // Sums of up to a few hundred float32 products.
    private const double Tolerance = 1e-5;

    /// <inheritdoc/>
    public override string Method => AdaptInfer.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("attention_text_rows");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        int start = recording.Int("system_tokens"), count = recording.Int("rows") * recording.Int("cols"),
            texts = recording.Int("text_tokens");
        var method = new AdaptInfer(new AdaptInfer.Options
        {
            Layers = [Layer],
            KeptTokens = [recording.IntsBetweenCommas("schedule")[recording.Int("stage")]],
            Blend = recording.Double("blend"),
        });
        PrefillContext context = RecordedPrefill.Context(RecordedPrefill.NoStates(start + count + texts),
            start, count, recording.Int("heads"));
        var prefill = new RecordedPrefill(context);
        AttentionView attention = AttentionView.Of(recording.Floats("attention_text_rows"), recording.Int("heads"), texts);
        comparison.Close("score", recording.Doubles("score"), method.Score(prefill.View(new PrefillPoint(Layer), attention)), Tolerance);
        prefill.Stop(method.Begin(context), new PrefillPoint(Layer), attention);
        comparison.Equal("out_kept_indices", recording.Integers("out_kept_indices"), prefill.VisualPlaces);
    }
}
