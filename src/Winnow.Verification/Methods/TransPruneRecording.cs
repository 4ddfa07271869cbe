using System.Globalization;
using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>
/// Recordings of <see cref="TransPrune"/>: what enters and leaves the blocks by original row, and projections at each cut.
/// </summary>
internal sealed class TransPruneRecording : MethodRecording
{
    // Exponentials of cosines and sums of float32 products.
    private const double Tolerance = 1e-5;

    /// <inheritdoc/>
    public override string Method => TransPrune.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("attention_in");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        int start = recording.Int("system_tokens"), count = recording.Int("rows") * recording.Int("cols"),
            texts = recording.Int("text_tokens");
        int[] summed = recording.IntsBetweenCommas("accumulate_layers"), cuts = recording.IntsBetweenCommas("prune_layers");
        var method = new TransPrune(
            new TransPrune.Options { Layers = cuts, SummedLayers = summed, Ratios = recording.NumbersBetweenCommas("ratios") });
        PrefillContext context = RecordedPrefill.Context(RecordedPrefill.NoStates(start + count + texts),
            start, count, recording.Int("heads"));
        var prefill = new RecordedPrefill(context);
        IPrefillRun run = method.Begin(context);
        foreach (int layer in summed.Union(cuts).Order())
        {
            (int summing, int stage) = (Array.IndexOf(summed, layer), Array.IndexOf(cuts, layer));
            int[] alive = [.. prefill.Origins];
            BlockTransitions? transitions = summing < 0 ? null : Transitions(recording, summing, alive);
            if (transitions is not null)
                CompareTransition(recording, comparison, $"out_transition_layer{layer}", alive, transitions);
            if (stage >= 0)
                prefill.Continue(Layer(recording, "hidden_at_prune", stage).Gather(alive));
            AttentionView? attention = stage < 0 ? null : Projections(recording, stage).Of(prefill.Hidden, prefill.Positions, texts);
            prefill.Stop(run, prefill.View(new PrefillPoint(layer), attention) with { Transitions = transitions });
            if (stage < 0)
                continue;
            comparison.Equal(string.Create(CultureInfo.InvariantCulture, $"out_kept_indices_stage{stage + 1}"),
                recording.Integers($"out_kept_indices_stage{stage + 1}"), prefill.VisualPlaces);
            comparison.Equal($"out_position_ids_stage{stage + 1}",
                recording.Integers($"out_position_ids_stage{stage + 1}"), prefill.Positions);
        }
    }

    private static void CompareTransition(Recording recording, Comparison comparison, string array,
        int[] alive, BlockTransitions transitions)
    {
        double[] all = new double[recording.Shape(array)[0]], computed = TransPrune.Transition(transitions);
        for (int row = 0; row < alive.Length; row++)
            all[alive[row]] = computed[row];
        comparison.Close(array, recording.Doubles(array), all, Tolerance);
    }

    private static BlockTransitions Transitions(Recording recording, int layer, int[] rows)
    {
        (float[] attentionRatio, float[] attentionCosine) = Block(Layer(recording, "attention_in", layer).Gather(rows),
            Layer(recording, "attention_out", layer).Gather(rows));
        (float[] mlpRatio, float[] mlpCosine) = Block(Layer(recording, "ffn_in", layer).Gather(rows),
            Layer(recording, "ffn_out", layer).Gather(rows));
        return new BlockTransitions(attentionRatio, attentionCosine, mlpRatio, mlpCosine);
    }

    private static (float[] Ratios, float[] Cosines) Block(TokenMatrix input, TokenMatrix output)
    {
        float[] ratios = new float[input.Count], cosines = new float[input.Count];
        for (int row = 0; row < input.Count; row++)
        {
            ratios[row] = (float)Math.Sqrt(InnerProducts.Of(output[row], output[row]) / InnerProducts.Of(input[row], input[row]));
            cosines[row] = (float)Similarity.Cosine(output[row], input[row]);
        }
        return (ratios, cosines);
    }

    private static ProjectedAttention Projections(Recording recording, int stage) => new()
    {
        QueryWeight = Layer(recording, "w_query", stage).Values.ToArray(),
        KeyWeight = Layer(recording, "w_key", stage).Values.ToArray(),
        Heads = recording.Int("heads"),
        KeyHeads = recording.Int("heads"),
        RopeBase = RecordedPrefill.UsualRopeBase,
    };

    // Recorded [layer, rows, width].
    private static TokenMatrix Layer(Recording recording, string array, int layer)
    {
        int rows = recording.Shape(array)[1];
        return recording.Vectors(array).Slice(layer * rows, rows);
    }
}
