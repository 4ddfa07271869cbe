using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="DivPrune"/>.</summary>
internal sealed class DivPruneRecording : MethodRecording
{
    // Distances are differences of float32 numbers near 1.
    private const double Tolerance = 1e-5;

    /// <inheritdoc/>
    public override string Method => DivPrune.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("kept");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        var method = new DivPrune(new DivPrune.Options { Retention = recording.Double("retention_ratio"), Reproduce = true });
        ReductionInput input = recording.Input();
        ReductionPlan plan = method.Reduce(input);
        comparison.Equal("kept", recording.Integers("kept"), plan.Places);
        comparison.Equal("selection_order", recording.Integers("selection_order"), plan.Trace.Find<int>("picks")!);
        comparison.Close("second_smallest_distance", recording.Doubles("second_smallest_distance"),
            plan.Trace.Find<double>("nearest_distances"), Tolerance);
        comparison.Close("pick_score", recording.Doubles("pick_score"), plan.Trace.Find<double>("pick_scores"), Tolerance);
        comparison.Applied(recording, "kept_features", plan, input.Features);
    }
}
