using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>GreedyPrune: the tokens most like the question, but never two that say the same.</summary>
/// <remarks>"GreedyPrune: Retenting Critical Visual Token Set for Large Vision Language Models", arXiv 2506.13166. No official code is published.</remarks>
public sealed class GreedyPrune(GreedyPrune.Options options) : ITokenReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "greedyprune",
        Name = "GreedyPrune (after the encoder)",
        Paper = "GreedyPrune: Retenting Critical Visual Token Set for Large Vision Language Models, 2025",
        ArXiv = "2506.13166",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Query,
        ChooseWhen = "the question names what is to be seen; compares all pairs of tokens, so for short videos",
        BudgetRule = "exactly floor(retention * tokens) over the whole video; with fill off fewer where the rest is too similar",
        Budget = BudgetPromise.Exact,
        Positions = PositionRule.Original,
        Deviations =
        [
            "No official code is published and the paper's text was not read; the rule follows its abstract and a third party's description.",
            "The paper cuts inside the language model, by its last text token; here the mean of the question's vectors in the space of the image embeddings stands for it.",
            "Chosen by this project: the threshold 0.9 (a third party's), filling up by saliency, all frames together.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [SignalNeed.Of(new SignalRequest(Signal.ImageEmbeddings)), SignalNeed.Of(new SignalRequest(Signal.TextEmbeddings))];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        int tokens = input.Grid.Count, budget = Math.Max(1, Budgets.Round(options.Retention * tokens, Rounding.Floor));
        TokenMatrix question = FrameVectors.Question(input.Require(Signal.TextEmbeddings).AsMatrix());
        double[] saliency = Similarity.Cosines(input.Require(Signal.ImageEmbeddings).AsMatrix(), question).Values;
        int[] ranking = TopK.Largest(saliency, tokens, EmitBy.Score);
        int[] taken = GreedySelection.Suppress(ranking, budget, options.Threshold, new CosineTable(input.Features, input.Parallel).Similarities);
        IEnumerable<int> filling = options.Fill ? ranking.Except(taken).Take(budget - taken.Length) : [];
        return ReductionPlan.Keep([.. taken.Concat(filling).Order()], tokens, new PlanTrace { { "saliency", saliency }, { "taken", taken } });
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>A kept token rules out later ones of a higher cosine.</summary>
        [Parameter("a kept token rules out later ones of a higher cosine", Symbol = "tau", Minimum = -1, Maximum = 1)]
        public double Threshold { get; init; } = 0.9;

        /// <summary>Fills the budget up by saliency where too few are left.</summary>
        [Parameter("fill the budget up by saliency where too few are left")]
        public bool Fill { get; init; } = true;
    }
}
