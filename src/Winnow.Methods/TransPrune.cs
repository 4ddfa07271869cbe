using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// TransPrune: how much attention and MLP change a token, summed over middle layers, plus the question's attention to it,
/// decides in three cuts.
/// </summary>
/// <remarks>
/// "TransPrune: Token Transition Pruning for Efficient Large Vision-Language Model", CVPR 2026, arXiv 2507.20630; liaolea/TransPrune at
/// c9e8284f, compute_transf_weight and transprune_rank_drop.
/// </remarks>
public sealed class TransPrune(TransPrune.Options options) : IPrefillReducer
{
    private const int OfficialDepth = 32;
    private static readonly int[] OfficialLayers = [7, 9, 12];
    private static readonly double[] OfficialRatios = [0.875, 0.625, 0.125];

    // Added to the sums that scores are divided by, as the official code does.
    private const double SmallestSum = 1e-8;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "transprune",
        Name = "TransPrune",
        Paper = "TransPrune: Token Transition Pruning for Efficient Large Vision-Language Model, CVPR 2026",
        ArXiv = "2507.20630",
        OfficialCode = "liaolea/TransPrune c9e8284f5808f7692c40590ffc99537e9220a01d",
        Places = MethodPlaces.Prefill,
        Family = MethodFamily.Query,
        ChooseWhen = "attention alone shall not decide inside the language model: what a token goes through counts as much",
        BudgetRule = "retention is the share of the visual rows left after the last of three cuts, floor(share * rows); the shares before"
            + " fall as the paper's 0.875, 0.625, 0.125 do; ratios override",
        Budget = BudgetPromise.Rounded,
        Positions = PositionRule.Compact,
        ExtraCost = "two norms and a cosine per row, layer and block where changes are summed, O(S D); at each cut the keys of all rows"
            + " and the queries of the text after the video in the next layer's projections, O(S D^2), and their attention, O(H T S hd)",
        Deviations =
        [
            "Without text after the video the changes alone decide; the official code averages over no rows.",
            "A block whose input is all zeros counts as no change; the official code divides by zero.",
            "Layers are the same shares of the depth as the official 7, 9, 12 of 32, unless given; changes are summed from the first cut"
                + " to the last, as officially.",
        ],
    };

    /// <summary>How much the two blocks of a layer changed each row.</summary>
    /// <param name="transitions">The layer's changes, of the whole sequence.</param>
    /// <returns>
    /// <c>[S]</c>: for each block, ratio of the norms times the share of <c>exp(1 - cosine)</c> in the sequence's sum; both added.
    /// </returns>
    public static double[] Transition(BlockTransitions transitions)
    {
        double[] attention = OfBlock(transitions.AttentionRatio, transitions.AttentionCosine),
            mlp = OfBlock(transitions.MlpRatio, transitions.MlpCosine);
        return [.. attention.Zip(mlp, (a, b) => a + b)];
    }

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        int[] cuts = LayerDepth.Of(options.Layers, OfficialLayers, OfficialDepth, context.Layers);
        IReadOnlyList<int> summed = options.SummedLayers ?? [.. Enumerable.Range(cuts[0], cuts[^1] - cuts[0] + 1)];
        IReadOnlyList<double> ratios = options.Ratios ?? StageShares.Scaled(OfficialRatios, options.Retention);
        StageShares.RequireOneEach(ratios.Count, cuts.Length, nameof(ratios));
        return new Run(cuts, ratios, summed);
    }

    private static double[] OfBlock(float[] ratios, float[] cosines)
    {
        double[] turns = Array.ConvertAll(cosines, cosine => Math.Exp(1 - (float.IsFinite(cosine) ? cosine : 0)));
        double sum = turns.Sum();
        return [.. ratios.Zip(turns, (ratio, turn) => float.IsFinite(ratio) ? ratio * turn / sum : 0)];
    }

    private sealed class Run(int[] cuts, IReadOnlyList<double> ratios, IReadOnlyList<int> summed) : IPrefillRun
    {
        private static readonly AttentionRequest Question = new(AttentionQueries.TextAfterVideo) { OfNextLayer = true };
        private double[] _changes = [];

        public PrefillNeeds? NeedsAt(PrefillPoint point)
        {
            bool sums = summed.Contains(point.Layer), cuts = StageOf(point.Layer) >= 0;
            return point.Moment == PrefillMoment.BeforeLayer && (sums || cuts)
                ? new PrefillNeeds { Transitions = sums, Attention = cuts ? Question : null }
                : null;
        }

        public PrefillStep? Decide(PrefillView view)
        {
            if (view.Transitions is { } transitions)
                _changes = _changes.Length == 0
                    ? Transition(transitions)
                    : [.. _changes.Zip(Transition(transitions), (sum, change) => sum + change)];
            int stage = StageOf(view.Point.Layer);
            if (stage < 0)
                return null;
            int wanted = Budgets.Round(view.Context.VisualCount * ratios[stage], Rounding.Floor);
            if (wanted >= view.VisualCount)
                return null;
            double[] scores = Shares(_changes.Length == 0 ? new double[view.VisualCount] : _changes[view.VisualStart..view.VisualEnd]);
            if (view.VisualEnd < view.Count)
                scores = [.. scores.Zip(
                    Shares(ReceivedAttention.Mean(view.Attention!, view.VisualStart, view.VisualCount)),
                    (change, attention) => change + attention)];
            PrefillStep step = PrefillStep.KeepVisual(
                view, TopK.Largest(scores, wanted, EmitBy.Place).Select(row => view.VisualStart + row));
            if (_changes.Length > 0)
                _changes = [.. step.Plan.Places.Select(row => _changes[row])];
            return step with { Positions = PositionRule.Compact };
        }

        private int StageOf(int layer) => Array.IndexOf(cuts, layer);

        private static double[] Shares(double[] scores)
        {
            double sum = scores.Sum() + SmallestSum;
            return Array.ConvertAll(scores, score => score / sum);
        }
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>
        /// Layers before which tokens leave, which is how many have run (official: 7, 9, 12 of 32); null for the same shares of
        /// the loaded model's depth.
        /// </summary>
        [Parameter("layers before which tokens leave; auto: as deep as 7, 9, 12 of 32", Minimum = 1)]
        public IReadOnlyList<int>? Layers { get; init; }

        /// <summary>
        /// Share of the original visual rows left after each cut (official: 0.875, 0.625, 0.125); null for what the retention asks.
        /// </summary>
        [Parameter("share of the original rows left after each; auto: falling to the retention as the paper's do",
            Minimum = 0, Maximum = 1)]
        public IReadOnlyList<double>? Ratios { get; init; }

        /// <summary>
        /// Layers, counted when they have run (the first is 1), whose changes are summed (official: 7 to 12 of 32); null for all from the
        /// first cut to the last.
        /// </summary>
        [Parameter("layers, counted from 1, whose changes are summed; auto: from the first cut to the last", Minimum = 1)]
        public IReadOnlyList<int>? SummedLayers { get; init; }

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            StageShares.RequireFalling(Ratios, "ratios");
        }
    }
}
