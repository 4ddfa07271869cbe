using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// AdaptInfer: at three layers, visual tokens by the attention of the question's tokens, each of which weighs as much as it is linked with
/// the others in that layer.
/// </summary>
/// <remarks>
/// "AdaptInfer: Adaptive Token Pruning for Vision-Language Model Inference with Dynamical Text Guidance", arXiv 2508.06084;
/// weiczh02/AdaptInfer-base at 9dac67c0, attn_postprocess_topk_with_t2t_weighting of llava/model/language_model/score.py, the
/// only file that was read.
/// </remarks>
public sealed class AdaptInfer(AdaptInfer.Options options) : IPrefillReducer
{
    private const int OfficialDepth = 32;
    private static readonly int[] OfficialLayers = [2, 11, 21];

    // 576 to the retention's powers give 288, 72, 18 where it is 18/576; the official schedule of the largest budget is 290, 72, 18.
    private static readonly double[] Powers = [0.2, 0.6, 1];
    private static readonly PrefillNeeds Question = new() { Attention = new AttentionRequest(AttentionQueries.TextAfterVideo) };

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "adaptinfer",
        Name = "AdaptInfer",
        Paper = "AdaptInfer: Adaptive Token Pruning for Vision-Language Model Inference with Dynamical Text Guidance, 2025",
        ArXiv = "2508.06084",
        OfficialCode = "weiczh02/AdaptInfer-base 9dac67c026b5a9f9b4f5bd294e3c8ed1b308976b (one file)",
        Places = MethodPlaces.Prefill,
        Family = MethodFamily.Query,
        ChooseWhen = "the question is long, and only some of its words ask",
        BudgetRule = "retention is the share of the visual rows left after the last of three cuts: floor(retention^0.2, ^0.6, ^1 * rows),"
            + " the paper's schedule of 290, 72, 18 of 576 where it is 0.031; keptTokens overrides",
        Budget = BudgetPromise.Rounded,
        Positions = PositionRule.Original,
        ExtraCost = "at each cut the attention of the text after the video, twice, O(H T S hd)",
        Deviations =
        [
            "Of the official code only the scoring was read; that rows keep their positions, and that a cut takes effect in the layer"
                + " after the one that is looked at, was chosen.",
            "Weights are plain sums of the symmetric map, as in the authors' code; the paper speaks of a softmax.",
            "Without text after the video nothing leaves; the official scores are then all zero.",
            "Layers are the same shares of the depth as those behind the official 1, 10, 20 of 32, unless given.",
        ],
    };

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        int[] layers = LayerDepth.Of(options.Layers, OfficialLayers, OfficialDepth, context.Layers);
        StageShares.RequireOneEach(options.KeptTokens?.Count ?? Powers.Length, layers.Length, "counts of tokens");
        return new StagedRun(layers, Question, (stage, view) =>
        {
            // A schedule always drops a row, as officially; a retention of 1 drops none.
            int wanted = options.KeptTokens is { } kept ? Math.Min(kept[stage], view.VisualCount - 1)
                : Budgets.Round(Math.Pow(options.Retention, Powers[stage]) * context.VisualCount, Rounding.Floor);
            if (wanted < 0 || wanted >= view.VisualCount || view.VisualEnd == view.Count)
                return null;
            return PrefillStep.KeepVisual(view, TopK.Largest(Score(view), wanted, EmitBy.Place).Select(row => view.VisualStart + row));
        });
    }

    /// <summary><c>[VisualCount]</c>: attention of the text's rows to each visual row, weighted and summed over heads.</summary>
    /// <param name="view">The sequence, with the attention of the text after the video.</param>
    public double[] Score(PrefillView view)
    {
        AttentionView attention = view.Attention!;
        int texts = view.Count - view.VisualEnd;
        double[] weights = TextWeights(attention, view.VisualEnd, texts), scores = new double[view.VisualCount];
        float[] row = new float[attention.Heads * attention.Keys];
        for (int text = 0; text < texts; text++)
        {
            attention.Read(attention.Queries - texts + text, row);
            for (int head = 0; head < attention.Heads; head++)
            {
                ReadOnlySpan<float> seen = row.AsSpan(head * attention.Keys + view.VisualStart, view.VisualCount);
                double weight = weights[head * texts + text];
                for (int i = 0; i < scores.Length; i++)
                    scores[i] += weight * seen[i];
            }
        }
        return scores;
    }

    /// <summary>Steps 1 to 3, <c>[heads, texts]</c>: column sums of <c>X + X' - diagonal</c>, blended with their mean.</summary>
    private double[] TextWeights(AttentionView attention, int firstText, int texts)
    {
        double[] weights = new double[attention.Heads * texts];
        float[] row = new float[attention.Heads * attention.Keys];
        for (int text = 0; text < texts; text++)
        {
            attention.Read(attention.Queries - texts + text, row);
            for (int head = 0; head < attention.Heads; head++)
            {
                Span<double> ofHead = weights.AsSpan(head * texts, texts);
                ReadOnlySpan<float> links = row.AsSpan(head * attention.Keys + firstText, texts);
                for (int other = 0; other < texts; other++)
                {
                    ofHead[other] += links[other];
                    ofHead[text] += other == text ? 0 : links[other];
                }
            }
        }
        double mean = weights.Sum() / weights.Length;
        return Array.ConvertAll(weights, weight => (1 - options.Blend) * mean + options.Blend * weight);
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>
        /// Layers before which tokens leave (official: 2, 11, 21 of 32, behind those that are looked at); null for the same shares of
        /// the loaded model's depth.
        /// </summary>
        [Parameter("layers before which tokens leave; auto: as deep as 2, 11, 21 of 32", Minimum = 1)]
        public IReadOnlyList<int>? Layers { get; init; }

        /// <summary>Visual rows left after each cut, each at least one fewer than before; null for what the retention asks.</summary>
        [Parameter("visual rows left after each cut; auto: what the retention asks", Minimum = 0)]
        public IReadOnlyList<int>? KeptTokens { get; init; }

        /// <summary>1 weighs the question's tokens by their links, 0 all alike.</summary>
        [Parameter("1 weighs the question's tokens by their links, 0 all alike", Minimum = 0, Maximum = 1)]
        public double Blend { get; init; } = 1;
    }
}
