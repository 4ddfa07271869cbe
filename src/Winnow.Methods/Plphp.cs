using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// PLPHP: once the prompt has been read, layers that look at the video keep more of it in their caches than layers that do not, and each
/// head keeps its own rows.
/// </summary>
/// <remarks>
/// "PLPHP: Per-Layer Per-Head Vision Token Pruning for Efficient Large Vision-Language Models", arXiv 2502.14504; no
/// official code is published.
/// </remarks>
public sealed class Plphp(Plphp.Options options) : ICacheReducer
{
    private const int PaperLayer = 2;
    private const int PaperDepth = 32;
    private const double PaperSpread = 0.3;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "plphp",
        Name = "PLPHP",
        Paper = "PLPHP: Per-Layer Per-Head Vision Token Pruning for Efficient Large Vision-Language Models, 2025",
        ArXiv = "2502.14504",
        Places = MethodPlaces.Cache,
        Family = MethodFamily.Query,
        ChooseWhen = "long answers about one video: decoding gets faster and the cache smaller, while the prompt is read whole",
        BudgetRule = "retention is the base rate of a layer: floor(rate * visual rows), at least one, the rate raised by spread in layers"
            + " that attend to the video, lowered in those that do not",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Original,
        ExtraCost = "one attention row per head in each pruned layer, O(H S hd), and a copy of the kept keys and values",
        Deviations =
        [
            "From the paper's abstract and summaries: spread, the two thresholds and the first layer are recalled, not verified;"
                + " rounding down is a choice.",
            "Grouped heads share a cache: rows are ranked by the mean attention of the query heads that read it.",
            "The first layer is the same share of the depth as 2 of 32, unless given; a base rate near 0 or 1 narrows"
                + " the spread, unless given.",
        ],
    };

    /// <inheritdoc/>
    public ICacheRun BeginCache(PrefillContext context) =>
        new Run(options, context, LayerDepth.Of(options.FirstLayer, PaperLayer, PaperDepth, context.Layers));

    private sealed class Run(Options options, PrefillContext context, int firstLayer) : ICacheRun
    {
        public int? FirstStepLayer => null;

        public bool ActsAfterPrefill(int layer) => layer >= firstLayer && context.VisualCount > 0;

        public IReadOnlyList<int>? VisibleInStep(CacheView view) => null;

        public IReadOnlyList<IReadOnlyList<int>>? KeepAfterPrefill(CacheView view)
        {
            float[] attention = view.Attention.ReadAll();
            int keys = view.Attention.Keys, group = view.Attention.Heads / context.KeyValueHeads;
            double[][] received = [.. Enumerable.Range(0, context.KeyValueHeads).Select(head => Received(head))];
            // A mean over equal groups is that over all heads.
            double score = received.Average(head => head.Sum());
            int count = Math.Max(1, Budgets.Round(Rate(score) * view.VisualCount, Rounding.Floor));
            return count >= view.VisualCount
                ? null
                : [.. received.Select(head => TopK.Largest(head, count, EmitBy.Place).Select(row => view.VisualStart + row).ToArray())];

            double[] Received(int keyHead)
            {
                double[] mean = new double[view.VisualCount];
                for (int head = keyHead * group; head < (keyHead + 1) * group; head++)
                    for (int row = 0; row < mean.Length; row++)
                        mean[row] += attention[head * keys + view.VisualStart + row] / (double)group;
                return mean;
            }
        }

        /// <summary>Step 2.</summary>
        private double Rate(double score)
        {
            double spread = options.Spread ?? Math.Min(PaperSpread, Math.Min(options.Retention, 1 - options.Retention));
            return Math.Clamp(
                score >= options.AttentiveFrom ? options.Retention + spread
                    : score < options.IndifferentBelow ? options.Retention - spread
                    : options.Retention,
                0, 1);
        }
    }

    /// <summary>Parameters; the paper's base rate is 0.4.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>
        /// How much the rate of attentive layers is raised and of indifferent ones lowered (recalled: 0.3); null for that, or less where
        /// the base rate is nearer to 0 or 1.
        /// </summary>
        [Parameter("how much attentive layers keep more, indifferent ones less; auto: 0.3, or up to 0 and 1",
            Symbol = "delta", Minimum = 0, Maximum = 1)]
        public double? Spread { get; init; }

        /// <summary>A layer that gives at least so much of its attention to the video is attentive.</summary>
        [Parameter("share of attention to the video from which on a layer is attentive", Symbol = "alpha", Minimum = 0, Maximum = 1)]
        public double AttentiveFrom { get; init; } = 0.25;

        /// <summary>A layer that gives less of its attention to the video is indifferent.</summary>
        [Parameter("share of attention to the video below which a layer is indifferent", Symbol = "beta", Minimum = 0, Maximum = 1)]
        public double IndifferentBelow { get; init; } = 0.1;

        /// <summary>First layer whose cache is thinned (recalled: 2 of 32); null for the same share of the loaded model's depth.</summary>
        [Parameter("first layer whose cache is thinned; auto: as deep as layer 2 of 32", Minimum = 1)]
        public int? FirstLayer { get; init; }

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            if (IndifferentBelow > AttentiveFrom)
                throw new ArgumentException(
                    $"indifferentBelow is {IndifferentBelow}, above attentiveFrom at {AttentiveFrom}; give thresholds in that order.");
        }
    }
}
