using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="Saint"/> inside the language model: one layer each, on keys averaged over heads.</summary>
internal sealed class SaintRecording : MethodRecording
{
    private const int Layer = 1;

    /// <inheritdoc/>
    public override string Method => Saint.Card.Id;

    /// <inheritdoc/>
    public override string Part(Recording recording) => recording.Text("variant");

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => Part(recording) == "llm";

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        IReadOnlyList<int> shape = recording.Shape("keys");
        (int images, int count, int width) = (shape[0], shape[1], shape[2]);
        if (images != 1)
            throw new RecordingSkippedException("several pictures that lose equally many tokens; the language model reads one sequence at a time");
        // The rule of one layer drops a half at most, so a retention below a half bounds nothing.
        var method = new Saint(new Saint.Options
        {
            FirstLayer = Layer,
            LastLayer = Layer,
            Retention = 0.25,
            Threshold = recording.Double("threshold"),
            Neighbours = recording.Int("neighbours"),
            Sharpness = recording.Double("gamma"),
        });
        TokenMatrix keys = recording.Vectors("keys");
        comparison.Equal("out_indices_in_emitted_order", recording.Integers("out_indices_in_emitted_order"), method.Kept(keys, count));
        PrefillContext context = RecordedPrefill.Context(RecordedPrefill.NoStates(count), 0, count, 1) with { HeadWidth = width };
        var prefill = new RecordedPrefill(context);
        prefill.Stop(method.Begin(context), new PrefillPoint(Layer), keys: keys);
        comparison.Equal("out_kept_indices", recording.Integers("out_kept_indices"), prefill.VisualPlaces);
    }
}
