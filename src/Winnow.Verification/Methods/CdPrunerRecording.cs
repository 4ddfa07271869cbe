using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="CdPruner"/>.</summary>
internal sealed class CdPrunerRecording : MethodRecording
{
    // Relevance is a difference of float32 cosines, divided by their range.
    private const double Tolerance = 1e-4;

    /// <inheritdoc/>
    public override string Method => CdPruner.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("kept_global");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        var method = new CdPruner(new CdPruner.Options { KeepPerFrame = recording.Int("keep_per_frame") });
        ReductionInput input = recording.Input("features", (new SignalRequest(Signal.ImageEmbeddings), recording.Signal("image_embeds")),
            (new SignalRequest(Signal.TextEmbeddings), recording.Signal("text_embeds")));
        ReductionPlan plan = method.Reduce(input);
        comparison.Equal("kept_global", recording.Integers("kept_global"), plan.Places);
        comparison.Equal("selection_order", recording.Integers("selection_order"), plan.Trace.Find<int>("picks")!);
        comparison.Close("relevance", recording.Doubles("relevance"), plan.Trace.Find<double>("relevance")!, Tolerance);
        comparison.Close("pick_value", recording.Doubles("pick_value"), plan.Trace.Find<double>("pick_values")!, Tolerance);
        comparison.Applied(recording, "kept_features", plan, input.Features);
    }
}
