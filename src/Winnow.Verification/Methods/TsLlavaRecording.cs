using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="TsLlava"/>: the sampled tokens.</summary>
internal sealed class TsLlavaRecording : MethodRecording
{
    // Copied features are equal; the bound is for recordings stored in fewer bits.
    private const double Tolerance = 1e-6;

    // The official float32 steps may round to the neighbour this near to a half.
    private const double NearHalf = 0.004;

    /// <inheritdoc/>
    public override string Method => TsLlava.Card.Id;

    /// <inheritdoc/>
    public override string Part(Recording recording) => recording.Has("kept") ? "token sampling" : "index tables";

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("kept");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        long[] kept = recording.Integers("kept");
        var method = new TsLlava(new TsLlava.Options { SampledTokens = kept.Length });
        ReductionInput input = recording.Input();
        ReductionPlan plan = method.Reduce(input);
        CompareSpacing("kept", input.Grid.Count, kept, plan.Places, comparison);
        if (kept.SequenceEqual(plan.Places.Select(place => (long)place)))
            comparison.Close("kept_features", recording.Floats("kept_features"), plan.Apply(input.Features), Tolerance);
    }

    private static void CompareSpacing(string name, int places, ReadOnlySpan<long> expected, IReadOnlyList<int> actual, Comparison comparison)
    {
        long[] forgiven = [.. actual.Select(place => (long)place)];
        for (int i = 0; i < Math.Min(expected.Length, forgiven.Length); i++)
        {
            double exact = i * (places - 1.0) / Math.Max(1, expected.Length - 1);
            if (Math.Abs(exact - Math.Floor(exact) - 0.5) < NearHalf && Math.Abs(expected[i] - forgiven[i]) == 1)
                forgiven[i] = expected[i];
        }
        comparison.Equal(name, expected, forgiven);
    }
}
