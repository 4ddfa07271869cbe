using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="Aim"/>, the merging part; the pruning part belongs to the language model's layers.</summary>
internal sealed class AimRecording : MethodRecording
{
    // Cosines and shares of float32 means.
    private const double Tolerance = 1e-5;

    /// <inheritdoc/>
    public override string Method => Aim.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Text("part") == "merge";

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        var method = new Aim(new Aim.Options { MergeCounts = recording.Ints("merge_counts") });
        ReductionInput input = recording.Input();
        ReductionPlan plan = method.Reduce(input);
        int last = 0;
        for (int round = 0; recording.Has($"iter{round}_tokens"); round++)
        {
            comparison.Equal($"iter{round}_best_partner", recording.Integers($"iter{round}_best_partner"), plan.Trace.Find<int>($"partners{round}")!);
            comparison.Close($"iter{round}_best_score", recording.Doubles($"iter{round}_best_score"), plan.Trace.Find<double>($"scores{round}")!, Tolerance);
            last = round;
        }
        comparison.Applied(recording, $"iter{last}_tokens", plan, input.Features);
        (float[] weights, int[] slots) = Layout(plan, input.Grid.Frames, input.Grid.TokensPerFrame);
        comparison.Close("weights", recording.Floats("weights"), weights, Tolerance);
        comparison.Equal("slot_of_token", recording.Integers("slot_of_token"), slots);
    }

    /// <summary>For every frame the share of each of its tokens in each output, <c>[F, K, N]</c>, and which output holds it, <c>[F, N]</c>.</summary>
    private static (float[] Weights, int[] Slots) Layout(ReductionPlan plan, int frames, int perFrame)
    {
        int outputs = plan.Count / frames;
        float[] weights = new float[plan.Count * perFrame];
        int[] slots = new int[frames * perFrame];
        for (int k = 0; k < plan.Count; k++)
            for (int entry = plan.Offsets[k]; entry < plan.Offsets[k + 1]; entry++)
            {
                weights[k * perFrame + plan.Sources[entry] % perFrame] = plan.Weights[entry];
                slots[plan.Sources[entry]] = k % outputs;
            }
        return (weights, slots);
    }
}
