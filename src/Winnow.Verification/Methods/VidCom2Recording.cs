using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="VidCom2"/>; LLaVA-Video's newlines are laid out as the recording does.</summary>
internal sealed class VidCom2Recording : MethodRecording
{
    // Sums of five kernels of float32 distances.
    private const double Tolerance = 1e-4;

    /// <inheritdoc/>
    public override string Method => VidCom2.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("kept");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        var method = new VidCom2(new VidCom2.Options { Retention = recording.Double("retention_ratio"), Reproduce = true });
        ReductionInput input = recording.Input();
        ReductionPlan plan = method.Reduce(input);
        comparison.Equal("kept", recording.Integers("kept"), plan.Places);
        comparison.SameSet("low_variance_channels", recording.Integers("low_variance_channels"), plan.Trace.Find<int>("channels")!);
        comparison.Close("video_score", recording.Doubles("video_score"), plan.Trace.Find<double>("video_scores")!, Tolerance);
        comparison.Close("frame_score", recording.Doubles("frame_score"), plan.Trace.Find<double>("frame_scores")!, Tolerance);
        comparison.Close("frame_scales", recording.Doubles("frame_scales"), plan.Trace.Find<double>("shares")!, Tolerance);
        comparison.Equal("frame_counts", recording.Integers("frame_counts"), plan.Trace.Find<int>(PlanTrace.FrameBudgets)!);
        if (recording.Has("emitted_index_with_newline"))
            comparison.Equal("emitted_index_with_newline", recording.Integers("emitted_index_with_newline"),
                PlanComparison.WithNewlines(plan, input.Grid.Frames, input.Grid.Rows, input.Grid.Columns));
        else
            comparison.Applied(recording, "output_features", plan, input.Features);
    }
}
