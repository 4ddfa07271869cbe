using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="Recoverable"/>: one picture each.</summary>
internal sealed class RecoverableRecording : MethodRecording
{
    private const double ScoreTolerance = 1e-6;

    // Outlier factors divide differences of float32 numbers: relative to the largest.
    private const double FactorTolerance = 1e-4;

    private const double TokenTolerance = 1e-5;

    /// <inheritdoc/>
    public override string Method => Recoverable.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("by_vision");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        IReadOnlyList<int> shape = recording.Shape("hidden"), keyShape = recording.Shape("keys"),
            embedShape = recording.Shape("image_embeds");
        int places = shape[1] - 1;
        float[] keys = recording.Floats("keys");
        var features = new TokenMatrix(ClassToken.Without(recording.Floats("hidden"), shape), shape[2]);
        var method = new Recoverable(
            new Recoverable.Options { Adaptive = true, Neighbours = recording.Int("neighbour_count"), Reproduce = true });
        ReductionPlan plan = method.Reduce(
            new ReductionInput(features, recording.Grid(shape[0], places), new Dictionary<SignalRequest, SignalValue>
            {
                [new SignalRequest(Signal.EncoderKeys)] = new(ClassToken.Without(keys, keyShape), shape[0], places, keyShape[2]),
                [new SignalRequest(Signal.ClassKey)] = new(ClassToken.Of(keys, keyShape), shape[0], keyShape[2]),
                [new SignalRequest(Signal.ClassQuery)] = recording.Signal("cls_query"),
                [new SignalRequest(Signal.ImageEmbeddings)] = new(ClassToken.Without(recording.Floats("image_embeds"), embedShape),
                    shape[0], places, embedShape[2]),
                [new SignalRequest(Signal.TextEmbeddings)] = recording.Signal("text_embed"),
            }));

        foreach ((string array, string name) in new[]
        {
            ("by_vision", "by_vision"), ("by_text", "by_text"), ("kept", "kept"), ("rest", "left"), ("centres", "centres"),
            ("others", "others")
        })
            comparison.Equal(array, recording.Integers(array), plan.Trace.Find<int>($"frame0_{name}")!);
        comparison.SameRows("neighbours", recording.Integers("neighbours"),
            plan.Trace.Find<int>("frame0_neighbours")!, recording.Shape("neighbours")[^1]);
        foreach ((string array, string name) in new[]
        {
            ("cls_attention", "attention"), ("text_score", "text"), ("text_score_masked", "masked_text")
        })
            comparison.Close(array, recording.Doubles(array), plan.Trace.Find<double>($"frame0_{name}")!, ScoreTolerance);
        foreach ((string array, string name) in new[]
        {
            ("vision_lof", "vision_factors"), ("text_lof", "text_factors"), ("rest_lof", "left_factors")
        })
            comparison.RelativelyClose(array, Array.ConvertAll(recording.Doubles(array), value => (float)value),
                Array.ConvertAll(plan.Trace.Find<double>($"frame0_{name}")!, value => (float)value), FactorTolerance);
        comparison.RelativelyClose("tokens", recording.Floats("tokens"), PlanComparison.Apply(plan, features), TokenTolerance);
    }
}
