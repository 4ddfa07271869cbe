using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>
/// Recordings of <see cref="VisionZip"/>; they count the class token as place 0 and as the
/// first dominant token, which the method leaves out.
/// </summary>
internal sealed class VisionZipRecording : MethodRecording
{
    // Sums of attention weights, and of a few tens of features, in float32.
    private const double Tolerance = 1e-5;

    /// <inheritdoc/>
    public override string Method => VisionZip.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("dominant_indices");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        int dominant = recording.Int("dominant_tokens") - 1, contextual = recording.Int("contextual_tokens");
        var method = new VisionZip(new VisionZip.Options { Dominant = dominant, Contextual = contextual });
        IReadOnlyList<int> shape = recording.Shape("hidden");
        (int frames, int perFrame, int heads) = (shape[0], shape[1] - 1, recording.Shape("keys")[1]);
        var features = new TokenMatrix(ClassToken.Without(recording.Floats("hidden"), shape), shape[2]);
        var input = new ReductionInput(features, recording.Grid(frames, perFrame), new Dictionary<SignalRequest, SignalValue>
        {
            [new SignalRequest(Signal.ClassAttention)] = recording.Signal("cls_attention"),
            [new SignalRequest(Signal.EncoderKeys)] = SideBySide(recording),
        });
        ReductionPlan plan = method.Reduce(input);

        long[] ranked = recording.Integers("dominant_indices_by_score");
        comparison.Equal("kept_global", recording.Integers("kept_global"),
            plan.Places.Where((_, k) => k % (dominant + contextual) < dominant));
        comparison.Equal("dominant_indices_by_score", [.. ranked.Where((_, i) => i % (dominant + 1) > 0)], Shifted(plan, "dominant"));
        comparison.Equal("target_indices", recording.Integers("target_indices"), Shifted(plan, "targets"));
        comparison.Equal("other_indices", recording.Integers("other_indices"), Shifted(plan, "others"));
        comparison.Equal("assignment", recording.Integers("assignment"), plan.Trace.Find<int>("assignment")!);
        comparison.Close("cls_score", recording.Doubles("cls_score"),
            Array.ConvertAll(plan.Trace.Find<double>("scores")!, score => score * heads), Tolerance);
        comparison.RelativelyClose("tokens", ClassToken.Without(recording.Floats("tokens"), recording.Shape("tokens")),
            PlanComparison.Apply(plan, features), Tolerance);
    }

    // Place 0 of the recording is the class token.
    private static IEnumerable<int> Shifted(ReductionPlan plan, string name) => plan.Trace.Find<int>(name)!.Select(place => place + 1);

    // Recorded keys are [B, H, 1 + N, hd]; the signal is [B, N, H * hd].
    private static SignalValue SideBySide(Recording recording)
    {
        IReadOnlyList<int> shape = recording.Shape("keys");
        (int frames, int heads, int places, int width) = (shape[0], shape[1], shape[2], shape[3]);
        float[] keys = recording.Floats("keys"), result = new float[frames * (places - 1) * heads * width];
        for (int row = 0; row < frames * heads * places; row++)
        {
            (int frame, int head, int place) = (row / places / heads, row / places % heads, row % places);
            if (place > 0)
                keys.AsSpan(row * width, width).CopyTo(result.AsSpan(((frame * (places - 1) + place - 1) * heads + head) * width));
        }
        return new SignalValue(result, frames, places - 1, heads * width);
    }
}
