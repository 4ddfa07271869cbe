using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>FlowCut inside the language model: one early cut by the last prompt token's attention to a visual token, the likeness of their values, and the size of its value.</summary>
/// <remarks>
/// "FlowCut: Rethinking Redundancy via Information Flow for Efficient Vision-Language Models", NeurIPS 2025, arXiv 2505.19536; TungChintao/FlowCut at a2ecd247, the block in
/// LlamaSdpaAttention_forward.
/// </remarks>
public sealed class FlowCut(FlowCut.Options options) : IPrefillReducer
{
    private const int OfficialLayer = 2;
    private const int OfficialDepth = 32;
    private static readonly PrefillNeeds RelationAndValues = new() { Attention = new AttentionRequest(AttentionQueries.Last), Values = true };

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "flowcut",
        Name = "FlowCut",
        Paper = "FlowCut: Rethinking Redundancy via Information Flow for Efficient Vision-Language Models, NeurIPS 2025",
        ArXiv = "2505.19536",
        OfficialCode = "TungChintao/FlowCut a2ecd247cb3c605773ec317a0c246425b47abdbe",
        Places = MethodPlaces.Prefill,
        Family = MethodFamily.Query,
        ChooseWhen = "as fastv, but what a token carries counts besides how much it is looked at",
        BudgetRule = "retention is the share of the visual rows left after its one cut: round-half-even(retention * rows); keptTokens overrides",
        Budget = BudgetPromise.Rounded,
        Positions = PositionRule.Compact,
        ExtraCost = "one attention row per head in one layer, as many products of values, O(H S hd), and a copy of the layer's values",
        Deviations =
        [
            "Its other half, inside the vision encoder, is for towers with a class token and acts at another place; here the cut stands alone.",
            "Values of grouped heads count once for each query head that shares them, as repeated heads do; the official code has no grouped heads.",
            "Counting anew follows the official LLaVA code; that for Qwen2-VL keeps positions.",
            "The layer is the same share of the depth as that behind the official 1 of 32, unless given.",
        ],
    };

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context) =>
        new StagedRun([LayerDepth.Of(options.Layer, OfficialLayer, OfficialDepth, context.Layers)], RelationAndValues, (_, view) =>
        {
            int wanted = options.KeptTokens ?? Budgets.Round(view.VisualCount * options.Retention, Rounding.HalfEven);
            return wanted >= view.VisualCount ? null
                : PrefillStep.KeepVisual(view, TopK.Largest(Score(view), wanted, EmitBy.Place).Select(row => view.VisualStart + row)) with { Positions = PositionRule.Compact };
        });

    /// <summary><c>[VisualCount]</c>: (relation / its sum + likeness of values / its sum) times the L1 norm of the value averaged over heads.</summary>
    /// <param name="view">The sequence, with the last row's attention and the values of the layer in front.</param>
    public static double[] Score(PrefillView view)
    {
        int heads = view.Context.KeyValueHeads, width = view.Context.HeadWidth;
        double[] relation = Relation(view.Attention!, view.VisualStart, view.VisualCount), semantic = new double[view.VisualCount], sizes = new double[view.VisualCount];
        TokenMatrix values = view.Values!.Value;
        ReadOnlySpan<float> last = values[view.Count - 1];
        double[] logits = new double[view.VisualCount];
        for (int head = 0; head < heads; head++)
        {
            for (int i = 0; i < logits.Length; i++)
                logits[i] = InnerProducts.Of(values[view.VisualStart + i].Slice(head * width, width), last.Slice(head * width, width)) / Math.Sqrt(width);
            AddSoftmax(logits, semantic);
        }
        for (int i = 0; i < sizes.Length; i++)
            sizes[i] = MeanSize(values[view.VisualStart + i], heads, width);
        double relations = relation.Sum(), likenesses = semantic.Sum();
        return [.. Enumerable.Range(0, sizes.Length).Select(i => (relation[i] / relations + semantic[i] / likenesses) * sizes[i])];
    }

    /// <summary>Attention of the last row among the visual rows alone, summed over heads: the softmax over the sequence, brought to a sum of 1 there, is the softmax over them.</summary>
    private static double[] Relation(AttentionView attention, int first, int count)
    {
        float[] row = new float[attention.Heads * attention.Keys];
        attention.Read(attention.Queries - 1, row);
        double[] relation = new double[count];
        for (int head = 0; head < attention.Heads; head++)
        {
            ReadOnlySpan<float> seen = row.AsSpan(head * attention.Keys + first, count);
            double sum = 0;
            foreach (float weight in seen)
                sum += weight;
            for (int i = 0; i < count; i++)
                relation[i] += sum > 0 ? seen[i] / sum : 1.0 / count;
        }
        return relation;
    }

    private static void AddSoftmax(double[] logits, double[] sums)
    {
        double largest = logits.Max();
        double[] weights = Array.ConvertAll(logits, logit => Math.Exp(logit - largest));
        double sum = weights.Sum();
        for (int i = 0; i < sums.Length; i++)
            sums[i] += weights[i] / sum;
    }

    private static double MeanSize(ReadOnlySpan<float> value, int heads, int width)
    {
        double size = 0;
        for (int channel = 0; channel < width; channel++)
        {
            double sum = 0;
            for (int head = 0; head < heads; head++)
                sum += value[head * width + channel];
            size += Math.Abs(sum / heads);
        }
        return size;
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>First layer that runs on the short sequence (official: 2 of 32); null for the same share of the loaded model's depth.</summary>
        [Parameter("first layer that runs on the short sequence; auto: as deep as layer 2 of 32", Minimum = 1)]
        public int? Layer { get; init; }

        /// <summary>Number of visual rows that stay; null for what the retention asks.</summary>
        [Parameter("number of visual rows that stay; auto: what the retention asks", Minimum = 0)]
        public int? KeptTokens { get; init; }
    }
}
