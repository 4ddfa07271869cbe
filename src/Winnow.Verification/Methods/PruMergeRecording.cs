using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="PruMerge"/>.</summary>
internal sealed class PruMergeRecording : MethodRecording
{
    private const double AttentionTolerance = 1e-6;

    // Sums of some hundred features, weighted, in float32: relative to the largest.
    private const double TokenTolerance = 1e-5;

    /// <inheritdoc/>
    public override string Method => PruMerge.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("selected");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        bool adaptive = recording.Bool("adaptive");
        var method = new PruMerge(new PruMerge.Options
        {
            Variant = recording.Text("variant") == "plus" ? PruMerge.Kind.Plus : PruMerge.Kind.Base,
            Adaptive = adaptive,
            Ratio = adaptive ? null : recording.Double("reduction_ratio"),
            Neighbours = recording.Int("neighbour_count"),
            Reproduce = true,
        });
        IReadOnlyList<int> shape = recording.Shape("hidden"), keyShape = recording.Shape("keys");
        (int frames, int perFrame, int neighbours) = (shape[0], shape[1] - 1, recording.Shape("neighbours")[^1]);
        var features = new TokenMatrix(ClassToken.Without(recording.Floats("hidden"), shape), shape[2]);
        float[] keys = recording.Floats("keys");
        var input = new ReductionInput(features, recording.Grid(frames, perFrame), new Dictionary<SignalRequest, SignalValue>
        {
            [new SignalRequest(Signal.EncoderKeys)] = new(ClassToken.Without(keys, keyShape), frames, perFrame, keyShape[2]),
            [new SignalRequest(Signal.ClassKey)] = new(ClassToken.Of(keys, keyShape), frames, keyShape[2]),
            [new SignalRequest(Signal.ClassQuery)] = recording.Signal("cls_query"),
        });
        ReductionPlan plan = method.Reduce(input);

        comparison.Close("cls_attention", recording.Doubles("cls_attention"), plan.Trace.Find<double>("attention")!, AttentionTolerance);
        comparison.Equal("selected", recording.Integers("selected"), plan.Trace.Find<int>("selected")!);
        comparison.Equal("rest", recording.Integers("rest"), plan.Trace.Find<int>("rest")!);
        comparison.SameRows("neighbours", recording.Integers("neighbours"), plan.Trace.Find<int>("neighbours")!, neighbours);
        comparison.RelativelyClose("tokens", recording.Floats("tokens"), PlanComparison.Apply(plan, features), TokenTolerance);
    }
}
