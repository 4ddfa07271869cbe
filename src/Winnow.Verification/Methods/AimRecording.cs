using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>
/// Recordings of <see cref="Aim"/>: the merging part, and the pruning part in its official form, where hidden rows still take part.
/// </summary>
internal sealed class AimRecording : MethodRecording
{
    // Cosines and shares of float32 means.
    private const double Tolerance = 1e-5;

    /// <inheritdoc/>
    public override string Method => Aim.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Text("part") is "merge" or "prune";

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        if (recording.Text("part") == "merge")
            CompareMerging(recording, comparison);
        else
            ComparePruning(recording, comparison);
    }

    private static void ComparePruning(Recording recording, Comparison comparison)
    {
        (int start, int visual, int first) = (recording.Int("image_start"), recording.Int("image_length"), recording.Int("first_layer"));
        (int rounds, double damping) = (recording.Int("iterations"), recording.Double("damping"));
        float[] logits = recording.Floats("logits");
        IReadOnlyList<int> shape = recording.Shape("logits");
        (int layers, int heads, int count) = (shape[0], shape[1], shape[2]);
        double[] rates = recording.Numbers("retain_rates");
        bool[] visible = [.. Enumerable.Repeat(true, count)];
        for (int layer = 0; layer < layers; layer++)
        {
            AttentionView attention = Masked(logits.AsMemory(layer * heads * count * count, heads * count * count),
                heads, visible, recording.Double("temperature"));
            double[] importance = PageRank.Of(attention, rounds, damping);
            // Worth of visual rows fades from layer to layer; the recorded values are float32.
            comparison.RelativelyClose($"importance of layer {first + layer}", recording.Floats("importance").AsSpan(layer * count, count),
                Array.ConvertAll(importance, value => (float)value), Tolerance);
            int kept = Budgets.Round(visual * rates[layer] + (count - visual), Rounding.Floor) - (count - visual);
            int[] candidates = [.. Enumerable.Range(start, visual).Where(row => visible[row])];
            HashSet<int> chosen = [.. TopK.Largest(Array.ConvertAll(candidates, row => importance[row]),
                Math.Min(kept, candidates.Length), EmitBy.Place).Select(i => candidates[i])];
            for (int row = start; row < start + visual; row++)
                visible[row] &= chosen.Contains(row);
            comparison.Equal($"mask of layer {first + layer}",
                recording.Flags("mask").AsSpan(layer * count, count), visible.Select(seen => seen ? 1 : 0));
            comparison.Equal($"layer{first + layer}_keep_indices", recording.Integers($"layer{first + layer}_keep_indices"),
                Enumerable.Range(0, count).Where(row => visible[row]));
        }
    }

    /// <summary>Softmax over what each row sees: the visible rows up to itself.</summary>
    private static AttentionView Masked(ReadOnlyMemory<float> logits, int heads, bool[] visible, double temperature)
    {
        int count = visible.Length;
        float[] shares = new float[logits.Length];
        for (int row = 0; row < heads * count; row++)
        {
            int query = row % count;
            double[] powers = new double[query + 1];
            ReadOnlySpan<float> values = logits.Span.Slice(row * count, query + 1);
            double highest = Enumerable.Range(0, query + 1).Where(key => visible[key]).Max(key => (double)logits.Span[row * count + key]);
            for (int key = 0; key <= query; key++)
                powers[key] = visible[key] ? Math.Exp((values[key] - highest) / temperature) : 0;
            double sum = powers.Sum();
            for (int key = 0; key <= query; key++)
                shares[row * count + key] = (float)(powers[key] / sum);
        }
        return AttentionView.Of(shares, heads, count);
    }

    private static void CompareMerging(Recording recording, Comparison comparison)
    {
        var method = new Aim(new Aim.Options { MergeCounts = recording.Ints("merge_counts") });
        ReductionInput input = recording.Input();
        ReductionPlan plan = method.Reduce(input);
        int last = 0;
        for (int round = 0; recording.Has($"iter{round}_tokens"); round++)
        {
            comparison.Equal($"iter{round}_best_partner", recording.Integers($"iter{round}_best_partner"),
                plan.Trace.Find<int>($"partners{round}")!);
            comparison.Close($"iter{round}_best_score", recording.Doubles($"iter{round}_best_score"),
                plan.Trace.Find<double>($"scores{round}")!, Tolerance);
            last = round;
        }
        comparison.Applied(recording, $"iter{last}_tokens", plan, input.Features);
        (float[] weights, int[] slots) = Layout(plan, input.Grid.Frames, input.Grid.TokensPerFrame);
        comparison.Close("weights", recording.Floats("weights"), weights, Tolerance);
        comparison.Equal("slot_of_token", recording.Integers("slot_of_token"), slots);
    }

    /// <summary>
    /// For every frame the share of each of its tokens in each output, <c>[F, K, N]</c>, and which output holds it, <c>[F, N]</c>.
    /// </summary>
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
