using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="FasterVlm"/>.</summary>
internal sealed class FasterVlmRecording : MethodRecording
{
    // Means of a few attention weights in float32.
    private const double Tolerance = 1e-6;

    /// <inheritdoc/>
    public override string Method => FasterVlm.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("kept_global");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        var method = new FasterVlm(new FasterVlm.Options { KeepPerFrame = recording.Int("keep_per_frame") });
        ReductionInput input = recording.Input("features", (new SignalRequest(Signal.ClassAttention), recording.Signal("cls_attention")));
        ReductionPlan plan = method.Reduce(input);
        comparison.Equal("kept_global", recording.Integers("kept_global"), plan.Places);
        comparison.Equal("indices_by_score", recording.Integers("indices_by_score"), plan.Trace.Find<int>("ranked")!);
        comparison.Close("scores", recording.Doubles("scores"), plan.Trace.Find<double>("scores")!, Tolerance);
        comparison.Applied(recording, "kept_features", plan, input.Features);
    }
}
