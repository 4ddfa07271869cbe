using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>
/// Recordings of <see cref="Evs"/>: which tokens stay. The recorded positions are those of a model with three-part positions.
/// </summary>
internal sealed class EvsRecording : MethodRecording
{
    // Cosine distances of float32 vectors.
    private const double Tolerance = 1e-5;

    /// <inheritdoc/>
    public override string Method => Evs.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("kept");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        var method = new Evs(new Evs.Options { PruningRate = recording.Double("pruning_rate") });
        ReductionInput input = recording.Input();
        ReductionPlan plan = method.Reduce(input);
        comparison.Equal("retained_count", recording.Integers("retained_count"), [plan.Count]);
        comparison.Equal("kept", recording.Integers("kept"), plan.Places);
        comparison.Close("dissimilarity", recording.Doubles("dissimilarity"), plan.Trace.Find<double>("dissimilarity")!, Tolerance);
        comparison.Applied(recording, "kept_features", plan, input.Features);
    }
}
