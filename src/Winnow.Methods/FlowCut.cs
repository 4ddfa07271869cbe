using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// FlowCut. Inside the vision encoder: step by step the patches leave that the class token looks at and resembles least, more where its
/// attention is concentrated. Inside the language model: one early cut by the last prompt token's attention to a visual token, the likeness
/// of their values, and the size of its value.
/// </summary>
/// <remarks>
/// "FlowCut: Rethinking Redundancy via Information Flow for Efficient Vision-Language Models", NeurIPS 2025, arXiv 2505.19536;
/// TungChintao/FlowCut at a2ecd247, CLIPEncoder_forward and the block in LlamaSdpaAttention_forward; for towers without a class token
/// FlowCut_Qwen.
/// </remarks>
public sealed class FlowCut(FlowCut.Options options) : IEncoderReducer, IPrefillReducer, IMultiPlaceMethod
{
    private const int OfficialLayer = 2;
    private const int OfficialDepth = 32;

    // With both parts, the encoder leaves so many times what the language model does.
    private const double EncoderExcess = 2;
    private static readonly PrefillNeeds RelationAndValues =
        new() { Attention = new AttentionRequest(AttentionQueries.Last), Values = true };

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "flowcut",
        Name = "FlowCut",
        Paper = "FlowCut: Rethinking Redundancy via Information Flow for Efficient Vision-Language Models, NeurIPS 2025",
        ArXiv = "2505.19536",
        OfficialCode = "TungChintao/FlowCut a2ecd247cb3c605773ec317a0c246425b47abdbe",
        Places = MethodPlaces.InsideEncoder | MethodPlaces.Prefill,
        Family = MethodFamily.Query,
        ChooseWhen = "a faster tower and a shorter prefill by one rule: what a token carries counts besides how much it is looked at",
        BudgetRule =
            "after the cut inside the model round-half-even(retention * tokens of the whole video) are left, and behind the encoder "
            + "round-half-even(2 * retention * patches) of each frame; of one part alone, retention is the share of what comes to it; "
            + "keptPatches and keptTokens override",
        Budget = BudgetPromise.PerFrame,
        Positions = PositionRule.Compact,
        ExtraCost =
            "in the encoder one attention row per head and block, O(H N hd), and products of values with a class token; in the model the "
            + "same once and a copy of the layer's values",
        Deviations =
        [
            "Without a class token, the mean of all queries looks in its place and there is no likeness of values, as in the official code "
                + "for Qwen2-VL; survivors keep their own places there, and a pooled token is the mean of its own survivors.",
            "Each frame is cut by its own attention; in an official batch of images the largest number cut counts for all.",
            "Values of grouped heads count once for each query head that shares them, as repeated heads do; the official"
                + " code has no grouped heads.",
            "Counting anew follows the official LLaVA code; that for Qwen2-VL keeps positions.",
            "The layer is the same share of the depth as that behind the official 1 of 32, unless given.",
        ],
    };

    /// <inheritdoc/>
    public int GroupFrames => 1;

    /// <inheritdoc/>
    public MethodPlaces ActivePlaces => options.Active(Card.Places);

    /// <inheritdoc/>
    public IEncoderRun Begin(EncoderContext context)
    {
        int last = options.SelectLayer ?? Math.Max(1, context.Layers - 1);
        if (last > context.Layers)
            throw new ArgumentException($"selectLayer is {last}; {context.Layers} blocks of the encoder run. Give at most as many.");
        double share = options.Parts == MethodParts.BeforeModel ? options.Retention : Math.Min(1, EncoderExcess * options.Retention);
        int target = options.KeptPatches ?? Math.Max(1, Budgets.Round(share * context.Grid.TokensPerFrame, Rounding.HalfEven));
        return new EncoderRun(options, context, target, last);
    }

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        // What the encoder left is cut to a share of the whole video, text and newlines as they are.
        int whole = context.Grid.Count + context.Places.Count(place => place < 0);
        return new StagedRun([LayerDepth.Of(options.Layer, OfficialLayer, OfficialDepth, context.Layers)], RelationAndValues, (_, view) =>
        {
            int from = options.Parts == MethodParts.InsideModel ? view.VisualCount : whole;
            int wanted = options.KeptTokens ?? Budgets.Round(from * options.Retention, Rounding.HalfEven);
            return wanted >= view.VisualCount ? null
                : PrefillStep.KeepVisual(view, TopK.Largest(Score(view), wanted, EmitBy.Place).Select(row => view.VisualStart + row)) with
                {
                    Positions = PositionRule.Compact,
                };
        });
    }

    /// <summary>
    /// <c>[VisualCount]</c>: (relation / its sum + likeness of values / its sum) times the L1 norm of the value averaged over heads.
    /// </summary>
    /// <param name="view">The sequence, with the last row's attention and the values of the layer in front.</param>
    public static double[] Score(PrefillView view)
    {
        int heads = view.Context.KeyValueHeads, width = view.Context.HeadWidth;
        double[] relation = Relation(view.Attention!, view.VisualStart, view.VisualCount),
            semantic = new double[view.VisualCount], sizes = new double[view.VisualCount];
        TokenMatrix values = view.Values!.Value;
        ReadOnlySpan<float> last = values[view.Count - 1];
        double[] logits = new double[view.VisualCount];
        for (int head = 0; head < heads; head++)
        {
            for (int i = 0; i < logits.Length; i++)
                logits[i] = InnerProducts.Of(values[view.VisualStart + i].Slice(head * width, width), last.Slice(head * width, width))
                    / Math.Sqrt(width);
            AddSoftmax(logits, semantic);
        }
        for (int i = 0; i < sizes.Length; i++)
            sizes[i] = MeanSize(values[view.VisualStart + i], heads, width);
        double relations = relation.Sum(), likenesses = semantic.Sum();
        return [.. Enumerable.Range(0, sizes.Length).Select(i => (relation[i] / relations + semantic[i] / likenesses) * sizes[i])];
    }

    /// <summary>
    /// Attention of the last row among the visual rows alone, summed over heads: the softmax over the sequence, brought to a sum of 1
    /// there, is the softmax over them.
    /// </summary>
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

    private sealed class EncoderRun(Options options, EncoderContext context, int target, int selectLayer) : IEncoderRun
    {
        private readonly int _patches = context.Grid.TokensPerFrame;
        private InformationFlow[] _flows = [];

        public bool ProportionalAttention => false;

        public EncoderNeeds? NeedsAt(EncoderPoint point) =>
            point.Moment == EncoderMoment.AfterBlock && point.Layer < selectLayer && target < _patches
                ? new EncoderNeeds { Values = true, Attention = new EncoderAttention(OfMeanQuery: context.ClassTokens == 0) }
                : null;

        public EncoderStep? Decide(EncoderView view)
        {
            SequenceRows[] frames = SequenceRows.Of(view, context.ClassTokens);
            if (_flows.Length == 0)
                _flows = Array.ConvertAll(frames, _ => new InformationFlow(options.Decay));
            int remaining = selectLayer - view.Point.Layer - 1;
            double cut = 0;
            for (int i = 0; i < frames.Length; i++)
            {
                if (frames[i].Patches <= target)
                    continue;
                var signals = InformationFlow.Read(
                    view.Attention![i], view.Values!.Value.Slice(frames[i].Start, frames[i].Count), frames[i].Special);
                _flows[i].Add(signals.Scores());
                cut = remaining == 0 ? _patches : Math.Max(cut, signals.Cut(target, remaining));
            }
            int leaving = Budgets.Round(cut, Rounding.HalfEven);
            if (remaining % options.Period != 0 || leaving == 0)
                return null;
            int[][] kept = [.. frames.Select((frame, i) => frame.Patches <= target ? [.. Enumerable.Range(0, frame.Patches)]
                : _flows[i].Keep(Math.Max(frame.Patches - leaving, target)))];
            int[] rows = [.. frames.SelectMany((frame, i) =>
                Enumerable.Range(frame.Start, frame.Special).Concat(kept[i].Select(patch => frame.FirstPatch + patch)))];
            return new EncoderStep(ReductionPlan.Keep(rows, view.Count), [.. frames.Select((frame, i) => frame.Special + kept[i].Length)]);
        }
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : MultiPlaceOptions
    {
        /// <summary>Patches of a frame left by the encoder; null for what the retention asks.</summary>
        [Parameter("patches of a frame left by the encoder; auto: what the retention asks", Minimum = 1)]
        public int? KeptPatches { get; init; }

        /// <summary>Blocks of the encoder after which the target is reached (official: 22 of 23); null for all but the last.</summary>
        [Parameter("blocks of the encoder after which the target is reached; auto: all but the last", Minimum = 1)]
        public int? SelectLayer { get; init; }

        /// <summary>Weight of the scores so far in each block of the encoder.</summary>
        [Parameter("weight of the scores so far in each block of the encoder", Minimum = 0, Maximum = 1)]
        public double Decay { get; init; } = 0.5;

        /// <summary>Blocks of the encoder from one cut to the next.</summary>
        [Parameter("blocks of the encoder from one cut to the next", Minimum = 1)]
        public int Period { get; init; } = 2;

        /// <summary>
        /// First layer that runs on the short sequence (official: 2 of 32); null for the same share of the loaded model's depth.
        /// </summary>
        [Parameter("first layer that runs on the short sequence; auto: as deep as layer 2 of 32", Minimum = 1)]
        public int? Layer { get; init; }

        /// <summary>Number of visual rows that stay; null for what the retention asks.</summary>
        [Parameter("number of visual rows that stay; auto: what the retention asks", Minimum = 0)]
        public int? KeptTokens { get; init; }
    }
}
