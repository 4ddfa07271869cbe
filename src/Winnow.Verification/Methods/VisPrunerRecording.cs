using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="VisPruner"/>; their projector is the identity.</summary>
internal sealed class VisPrunerRecording : MethodRecording
{
    // Means of a few attention weights in float32.
    private const double Tolerance = 1e-6;

    /// <inheritdoc/>
    public override string Method => VisPruner.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("kept_global");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        var method = new VisPruner(
            new VisPruner.Options { KeepPerFrame = recording.Int("keep_per_frame"), ImportantRatio = recording.Double("important_ratio") });
        ReductionInput input = recording.Input("features", (new SignalRequest(Signal.ClassAttention), ClassAttention(recording)),
            (new SignalRequest(Signal.EncoderFeatures), recording.Signal("features")));
        ReductionPlan plan = method.Reduce(input);
        comparison.Equal("kept_global", recording.Integers("kept_global"), plan.Places);
        comparison.Equal("important", recording.Integers("important"), plan.Trace.Find<int>("important")!);
        comparison.Equal("removed", recording.Integers("removed"), plan.Trace.Find<int>("removed")!);
        comparison.Equal("diverse", recording.Integers("diverse"), plan.Trace.Find<int>("diverse")!);
        comparison.Close("attention_score", recording.Doubles("attention_score"), plan.Trace.Find<double>("scores")!, Tolerance);
        comparison.Applied(recording, "kept_features", plan, input.Features);
    }

    // The recording leaves out the class token's weight on itself, which the method does not look at.
    private static SignalValue ClassAttention(Recording recording)
    {
        IReadOnlyList<int> shape = recording.Shape("cls_attention");
        float[] patches = recording.Floats("cls_attention");
        float[] whole = new float[shape[0] * shape[1] * (1 + shape[2])];
        for (int row = 0; row < shape[0] * shape[1]; row++)
            patches.AsSpan(row * shape[2], shape[2]).CopyTo(whole.AsSpan(row * (1 + shape[2]) + 1));
        return new SignalValue(whole, shape[0], shape[1], 1 + shape[2]);
    }
}
