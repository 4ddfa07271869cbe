using System.Globalization;
using System.Text.RegularExpressions;
using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="TsLlava"/>: the sampled tokens and frames; thumbnails are not compared.</summary>
internal sealed partial class TsLlavaRecording : MethodRecording
{
    // Copied features are equal; the bound is for recordings stored in fewer bits.
    private const double Tolerance = 1e-6;

    // The official float32 steps may round to the neighbour this near to a half.
    private const double NearHalf = 0.004;

    /// <inheritdoc/>
    public override string Method => TsLlava.Card.Id;

    /// <inheritdoc/>
    public override string Part(Recording recording) => "thumbnail";

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("kept") || recording.Arrays.Any(name => Table().IsMatch(name));

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        if (recording.Has("kept"))
            CompareTokens(recording, comparison);
        foreach (string name in recording.Arrays.Where(name => Table().IsMatch(name)))
            CompareTable(name, recording.Integers(name), comparison);
    }

    private static void CompareTokens(Recording recording, Comparison comparison)
    {
        long[] kept = recording.Integers("kept");
        ReductionInput input = recording.Input();
        ReductionPlan plan = new TsLlava(new TsLlava.Options { SampledTokens = kept.Length }).Reduce(input);
        CompareSpacing("kept", input.Grid.Count, kept, plan.Places, comparison);
        if (kept.SequenceEqual(plan.Places.Select(place => (long)place)))
            comparison.Close("kept_features", recording.Floats("kept_features"), plan.Apply(input.Features), Tolerance);
    }

    /// <summary>Tables of indices alone: <c>n28800_k2880</c> for tokens, <c>video300_frames50</c> for frames.</summary>
    private static void CompareTable(string name, long[] expected, Comparison comparison)
    {
        Match parts = Table().Match(name);
        int places = int.Parse(parts.Groups[2].Value, CultureInfo.InvariantCulture),
            count = int.Parse(parts.Groups[3].Value, CultureInfo.InvariantCulture);
        if (parts.Groups[1].Value == "n")
            CompareSpacing(name, places, expected, EvenSpacing.EndToEnd(places, count), comparison);
        else
            comparison.Equal(name, expected, EvenSpacing.BetweenSteps(places, Math.Min(places, count)));
    }

    private static void CompareSpacing(string name, int places, ReadOnlySpan<long> expected,
        IReadOnlyList<int> actual, Comparison comparison)
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

    [GeneratedRegex("^(n|video)([0-9]+)_(?:k|frames)([0-9]+)$")]
    private static partial Regex Table();
}
