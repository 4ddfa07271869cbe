using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="FlowCut"/> inside the encoder: cuts from given signals, and one attention from its weights.</summary>
internal static class FlowCutEncoder
{
    // Softmaxes of float32 products.
    private const double Tolerance = 1e-5;

    // Official: the features are those of the second to last state, and the last cut comes a block before.
    private const int LayersBehindTheLastCut = 2;
    private const double Decay = 0.5;

    /// <summary>Compares the cuts, block by block. Images of a batch lose equally many.</summary>
    public static void CompareCuts(Recording recording, Comparison comparison)
    {
        IReadOnlyList<int> shape = recording.Shape("cls_attention");
        (int layers, int images, int heads, int patches) = (shape[0], shape[1], shape[2], shape[3]);
        int target = recording.Int("target");
        float[] attention = recording.Floats("cls_attention"), likeness = recording.Floats("semantic_attention");
        TokenMatrix values = recording.Vectors("value");
        InformationFlow[] flows = [.. Enumerable.Range(0, images).Select(_ => new InformationFlow(Decay))];
        int[][] alive = [.. Enumerable.Range(0, images).Select(_ => Enumerable.Range(0, patches).ToArray())];
        var left = new List<int>();
        for (int layer = 0; layer < layers; layer++)
        {
            int remaining = layers - LayersBehindTheLastCut - layer - 1, count = alive[0].Length;
            if (count > target)
            {
                FlowSignals[] signals = [.. Enumerable.Range(0, images).Select(image => Signals(layer * images + image, alive[image]))];
                for (int image = 0; image < images; image++)
                    flows[image].Add(signals[image].Scores());
                double cut = remaining == 0 ? patches : signals.Max(own => own.Cut(target, Math.Max(1, remaining)));
                int keep = Math.Max(count - Budgets.Round(cut, Rounding.HalfEven), target);
                if (remaining % 2 == 0)
                    alive = [.. alive.Select((own, image) => Array.ConvertAll(flows[image].Keep(keep), patch => own[patch]))];
            }
            left.Add(alive[0].Length);
        }
        comparison.Equal("out_alive_after_layer", recording.Integers("out_alive_after_layer"), left);
        IEnumerable<int> kept = alive.SelectMany((own, image) => own.Select(patch => image * patches + patch));
        comparison.Equal("out_kept_indices", recording.Integers("out_kept_indices"), kept);

        FlowSignals Signals(int frame, int[] own) => new(
            Array.ConvertAll(own,
                patch => Enumerable.Range(0, heads).Average(head => (double)attention[(frame * heads + head) * patches + patch])),
            Array.ConvertAll(own, patch => (double)likeness[frame * patches + patch]),
            Array.ConvertAll(own, patch => values[frame * patches + patch].ToArray().Sum(value => (double)Math.Abs(value))));
    }

    /// <summary>Compares one attention, its signals and scores, and how many patches they would cut.</summary>
    public static void CompareAttention(Recording recording, Comparison comparison)
    {
        int heads = recording.Int("heads"), width = recording.Int("dim"), target = recording.Int("target");
        float[] Project(float[] x, string weight) => RecordedMath.Linear(x, recording.Floats(weight), [], width);
        float[] hidden = recording.Floats("hidden"), values = Project(hidden, "w_value");
        float[] attention = RecordedMath.Attention(Project(hidden, "w_query"), Project(hidden, "w_key"), width, heads);
        comparison.RelativelyClose("out_attention", recording.Floats("out_attention"),
            Project(RecordedMath.Gather(attention, values, width, heads), "w_out"), Tolerance);
        TokenMatrix means = HeadMeans.Of(new TokenMatrix(values, width), heads);
        comparison.RelativelyClose("out_value_mean", recording.Floats("out_value_mean"), means.Values.Span, Tolerance);
        var signals = InformationFlow.Read(AttentionView.Of(attention, heads, hidden.Length / width), new TokenMatrix(values, width), 1);
        comparison.RelativelyClose("out_cls_attention", recording.Floats("out_cls_attention"), Narrow(signals.Relation), Tolerance);
        // The recording has the class token's likeness to itself too.
        comparison.RelativelyClose("out_semantic", recording.Floats("out_semantic").AsSpan(1), Narrow(signals.Likeness!), Tolerance);
        comparison.RelativelyClose("out_score", recording.Floats("out_score"), Narrow(signals.Scores()), Tolerance);
        comparison.Equal("out_prune_count_at_remaining_20_10_4_2", recording.Integers("out_prune_count_at_remaining_20_10_4_2"),
            ((int[])[20, 10, 4, 2]).Select(remaining => Budgets.Round(signals.Cut(target, remaining), Rounding.HalfEven)));
    }

    private static float[] Narrow(double[] values) => Array.ConvertAll(values, value => (float)value);
}
