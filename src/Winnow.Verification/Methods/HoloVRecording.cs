using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="HoloV"/>; they fill frames up with rows of zeros at place -1, which a plan does not have.</summary>
internal sealed class HoloVRecording : MethodRecording
{
    // Scores are some tens to hundreds, in float32.
    private const double ScoreTolerance = 1e-5, WeightTolerance = 1e-6;

    /// <inheritdoc/>
    public override string Method => HoloV.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("positions");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        var method = new HoloV(
            new HoloV.Options { KeepPerFrame = recording.Int("keep_per_frame"), Crops = recording.Int("crops"), Reproduce = true });
        ReductionInput input = recording.Input("features", (new SignalRequest(Signal.ReceivedAttention), recording.Signal("attention")));
        ReductionPlan plan = method.Reduce(input);

        long[] positions = recording.Integers("positions");
        int budget = recording.Int("keep_per_frame"), width = input.Features.Dimension, perFrame = input.Grid.TokensPerFrame;
        int[] rows = [.. Enumerable.Range(0, positions.Length).Where(row => positions[row] >= 0)];
        float[] tokens = recording.Floats("tokens");
        comparison.Equal("positions", [.. rows.Select(row => row / budget * perFrame + positions[row])], plan.Places);
        comparison.RelativelyClose("tokens", [.. rows.SelectMany(row => tokens[(row * width)..((row + 1) * width)])],
            PlanComparison.Apply(plan, input.Features), ScoreTolerance);
        comparison.Equal("allocated", recording.Integers("allocated"), plan.Trace.Find<int>("quotas")!);
        comparison.RelativelyClose("crop_scores", recording.Floats("crop_scores"),
            Array.ConvertAll(plan.Trace.Find<double>("band_scores")!, score => (float)score), ScoreTolerance);
        comparison.Close("crop_weights", recording.Doubles("crop_weights"), plan.Trace.Find<double>("band_weights")!, WeightTolerance);
    }
}
