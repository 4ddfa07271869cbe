using System.Globalization;
using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="Quota"/>: the assignment, from recorded scores of frames.</summary>
internal sealed class QuotaRecording : MethodRecording
{
    // Weights are float64 in the recording as here; features are float32 and interpolated or averaged.
    private const double WeightTolerance = 1e-6;
    private const double Tolerance = 1e-4;

    /// <inheritdoc/>
    public override string Method => Quota.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("out_features");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        var method = new Quota(new Quota.Options
        {
            TokenBudget = (int)(recording.Double("total_frames_budget") * recording.Double("tokens_per_frame_budget")),
            Resizing = (Quota.FrameResizing)(int.Parse(recording.Text("version").TrimStart('v'), CultureInfo.InvariantCulture) - 1),
            Power = recording.Double("weight_power"),
            Reproduce = true,
        });
        double[] scores = recording.Doubles("yes_probability");
        var signal = new SignalValue(Array.ConvertAll(scores, score => (float)score), scores.Length);
        ReductionInput input = recording.Input(signals: (new SignalRequest(Signal.FrameScores), signal));
        ReductionPlan plan = method.Reduce(input);

        PlanTrace trace = plan.Trace;
        // The official multiplier scales the raw weights; it cancels in the normalised ones.
        double scale = Math.Pow(recording.Double("weight_multiplier") / 100, recording.Double("weight_power"));
        double[] weights = Array.ConvertAll(trace.Find<double>("weights")!, weight => weight * scale);
        comparison.Close("weights", recording.Doubles("weights"), weights, WeightTolerance * Math.Max(1, weights.Max()));
        comparison.Close("normalised_weights", recording.Doubles("normalised_weights"),
            trace.Find<double>("normalised_weights"), WeightTolerance);
        if (recording.Has("capped_weights"))
            comparison.Close("capped_weights", recording.Doubles("capped_weights"), trace.Find<double>("capped_weights"), WeightTolerance);
        comparison.Equal("frame_token_budget", recording.Integers("frame_token_budget"), trace.Find<int>(PlanTrace.FrameBudgets)!);
        comparison.Equal("frame_index", recording.Integers("frame_index"), trace.Find<int>("frames")!);
        comparison.Equal("out_height", recording.Integers("out_height"), trace.Find<int>("heights")!);
        comparison.Equal("out_width", recording.Integers("out_width"), trace.Find<int>("widths")!);
        comparison.Close("out_features", recording.Floats("out_features"), plan.Apply(input.Features), Tolerance);
    }
}
