using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="MmgVid"/>.</summary>
internal sealed class MmgVidRecording : MethodRecording
{
    // The page allows scores this much; kept tokens and budgets are exact.
    private const double Tolerance = 1e-4;

    /// <inheritdoc/>
    public override string Method => MmgVid.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("kept");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        var method = new MmgVid(new MmgVid.Options
        {
            Retention = recording.Double("retention"),
            SegmentThreshold = recording.Double("threshold"),
            Representativeness = recording.Double("lam"),
            Strength = recording.Double("strength"),
            FloorRatio = recording.Double("floor_ratio"),
            Neighbours = recording.Int("neighbours"),
        });
        ReductionPlan plan = method.Reduce(recording.Input());
        PlanTrace trace = plan.Trace;
        comparison.Equal("kept", recording.Integers("kept"), plan.Places);
        comparison.Equal("starts", recording.Integers("starts"), trace.Find<int>(PlanTrace.SegmentStarts)!);
        comparison.Equal("order", recording.Integers("order"), trace.Find<int>("order")!);
        comparison.Equal("segment_budget", recording.Integers("segment_budget"), trace.Find<int>("segment_budgets")!);
        comparison.Equal("frame_budget", recording.Integers("frame_budget"), trace.Find<int>(PlanTrace.FrameBudgets)!);
        comparison.Close("similarity", recording.Doubles("similarity"), trace.Find<double>("similarity"), Tolerance);
        comparison.Close("gains", recording.Doubles("gains"), trace.Find<double>("gains"), Tolerance);
        int[] budgets = trace.Find<int>(PlanTrace.FrameBudgets)!;
        comparison.Close("score", OfFramesWithBudget(recording.Doubles("score"), budgets),
            OfFramesWithBudget(trace.Find<double>("scores")!, budgets), Tolerance);
    }

    // The scores of a frame that keeps nothing decide nothing, and the page leaves them open.
    private static double[] OfFramesWithBudget(double[] scores, int[] budgets) =>
        [.. scores.Chunk(Math.Max(1, scores.Length / budgets.Length)).Where((_, t) => budgets[t] > 0).SelectMany(frame => frame)];
}
