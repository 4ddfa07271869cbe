using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>GreedyPrune: the tokens most like the question, but never two that say the same.</summary>
/// <remarks>
/// "GreedyPrune: Retenting Critical Visual Token Set for Large Vision Language Models", arXiv 2506.13166. No official code is published.
/// </remarks>
public sealed class GreedyPrune(GreedyPrune.Options options) : ITokenReducer, IPrefillReducer, IMultiPlaceMethod
{
    private const int ChosenLayer = 3;
    private const int ChosenDepth = 32;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "greedyprune",
        Name = "GreedyPrune",
        Paper = "GreedyPrune: Retenting Critical Visual Token Set for Large Vision Language Models, 2025",
        ArXiv = "2506.13166",
        Places = MethodPlaces.AfterEncoder | MethodPlaces.Prefill,
        Family = MethodFamily.Query,
        ChooseWhen = "the question names what is to be seen; compares the kept tokens with each other",
        BudgetRule = "exactly floor(retention * tokens) over the whole video, at least one, at the one place where it acts; with fill off "
            + "fewer where the rest is too similar",
        Budget = BudgetPromise.Exact,
        Positions = PositionRule.Original,
        ExtraCost = "inside the model cosines of the visual rows with the last row, O(n D), and with every row that stays, O(K n D); no "
            + "attention",
        Deviations =
        [
            "No official code is published and the paper's text was not read; the rule follows its abstract and a third party's "
                + "description.",
            "As in the paper, the cut is inside the language model, by its last text token; before the model (parts) the mean of the "
                + "question's vectors in the space of the image embeddings stands for it.",
            "Chosen by this project: the threshold 0.9 (a third party's), filling up by saliency, all frames together, the layer behind "
                + "the third, positions kept.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs =>
        [SignalNeed.Of(new SignalRequest(Signal.ImageEmbeddings)), SignalNeed.Of(new SignalRequest(Signal.TextEmbeddings))];

    /// <inheritdoc/>
    public MethodPlaces ActivePlaces => options.Active(Card.Places);

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context) =>
        new StagedRun([LayerDepth.Of(options.InnerLayer, ChosenLayer, ChosenDepth, context.Layers)], PrefillNeeds.States, (_, view) =>
        {
            int wanted = Math.Max(1, Budgets.Round(options.Retention * view.VisualCount, Rounding.Floor));
            TokenMatrix rows = view.Hidden.Slice(view.VisualStart, view.VisualCount);
            double[] saliency = Similarity.Cosines(rows, view.Hidden.Slice(view.Count - 1, 1)).Values;
            return wanted >= rows.Count ? null
                : PrefillStep.KeepVisual(view, Select(saliency, wanted, new CosineBlocks(rows)).Kept.Select(row => view.VisualStart + row));
        });

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        int tokens = input.Grid.Count, budget = Math.Max(1, Budgets.Round(options.Retention * tokens, Rounding.Floor));
        TokenMatrix question = FrameVectors.Question(input.Require(Signal.TextEmbeddings).AsMatrix());
        double[] saliency = Similarity.Cosines(input.Require(Signal.ImageEmbeddings).AsMatrix(), question).Values;
        (int[] kept, int[] taken) = Select(saliency, budget, new CosineBlocks(input.Features, input.Parallel));
        return ReductionPlan.Keep(kept, tokens, new PlanTrace { { "saliency", saliency }, { "taken", taken } });
    }

    private (int[] Kept, int[] Taken) Select(double[] saliency, int count, CosineBlocks cosines)
    {
        int[] ranking = TopK.Largest(saliency, saliency.Length, EmitBy.Score);
        int[] taken = GreedySelection.Suppress(ranking, count, options.Threshold, cosines.Between);
        IEnumerable<int> filling = options.Fill ? ranking.Except(taken).Take(count - taken.Length) : [];
        return ([.. taken.Concat(filling).Order()], taken);
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : MultiPlaceOptions
    {
        /// <summary>The place of the paper's cut.</summary>
        public Options() => Parts = MethodParts.InsideModel;

        /// <summary>A kept token rules out later ones of a higher cosine.</summary>
        [Parameter("a kept token rules out later ones of a higher cosine", Symbol = "tau", Minimum = -1, Maximum = 1)]
        public double Threshold { get; init; } = 0.9;

        /// <summary>Fills the budget up by saliency where too few are left.</summary>
        [Parameter("fill the budget up by saliency where too few are left")]
        public bool Fill { get; init; } = true;

        /// <summary>Layer before which rows leave; null for the same share of the loaded model's depth as layer 3 of 32.</summary>
        [Parameter("layer before which rows leave; auto: as deep as layer 3 of 32", Minimum = 1)]
        public int? InnerLayer { get; init; }

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            if (Parts == MethodParts.All)
                throw new ArgumentException("parts is all; the rule acts at one place. Give inside-model or before-model.");
        }
    }
}
