using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="DyCoke"/>'s temporal token merging.</summary>
internal sealed class DyCokeRecording : MethodRecording
{
    // Cosines recorded in float32.
    private const double Tolerance = 1e-5;

    /// <inheritdoc/>
    public override string Method => DyCoke.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("reference_similarity");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        var method = new DyCoke(new DyCoke.Options { RemovedShare = recording.Double("removed_share_K"), Reproduce = true });
        ReductionInput input = recording.Input();
        ReductionPlan plan = method.Reduce(input);
        comparison.Close("reference_similarity", recording.Doubles("reference_similarity"), plan.Trace.Find<double>("similarity"), Tolerance);
        comparison.Equal("kept_per_frame", recording.Integers("kept_per_frame"), plan.Trace.Find<int>(PlanTrace.FrameBudgets)!);
        comparison.Equal("kept_indices", recording.Integers("kept_indices"), plan.Places);
        comparison.Close("kept_features", recording.Floats("kept_features"), plan.Apply(input.Features), 0);
    }
}
