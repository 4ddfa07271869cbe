using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// CATP. Before the language model: in every frame a subset that represents all of its tokens well and is aligned with the question. Inside
/// it, early: the visual rows most like the question's rows.
/// </summary>
/// <remarks>
/// "CATP: Contextually Adaptive Token Pruning for Efficient and Enhanced Multimodal In-Context Learning", AAAI 2026, arXiv 2508.07871. No
/// official code is published. A frame stands for one of the paper's pictures, and the question for its text.
/// </remarks>
public sealed class Catp(Catp.Options options) : ITokenReducer, IPrefillReducer, IMultiPlaceMethod
{
    private const int OfficialLayer = 8;
    private const int OfficialDepth = 32;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "catp",
        Name = "CATP",
        Paper = "CATP: Contextually Adaptive Token Pruning for Efficient and Enhanced Multimodal In-Context Learning, AAAI 2026",
        ArXiv = "2508.07871",
        Places = MethodPlaces.AfterEncoder | MethodPlaces.Prefill,
        Family = MethodFamily.Query,
        ChooseWhen = "every kept token shall speak for many others, with a leaning to the question",
        BudgetRule = "what the retention removes is removed in two halves: floor(tokens of a frame * (1 + retention) / 2), at"
            + " least one, before the model, and floor(retention * all tokens), at least one, inside it; with one part alone that"
            + " part keeps the retention",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Compact,
        ExtraCost = "inside the model cosines of the visual rows with one vector, O(n D); no attention",
        Deviations =
        [
            "No official code is published.",
            "A question about one video has no examples: the cut of the examples is left out, and the mean state of the question's text"
                + " stands for what is left of them.",
            "The layer is the same share of the depth as that behind the paper's K + 1 = 7 of 32, unless given.",
            "Chosen by this project: cosines rescaled as (1 + cosine) / 2, ties to the lower place, tokens compared in the space"
                + " of the image embeddings.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs =>
        [SignalNeed.Of(new SignalRequest(Signal.ImageEmbeddings)), SignalNeed.Of(new SignalRequest(Signal.TextEmbeddings))];

    /// <inheritdoc/>
    public MethodPlaces ActivePlaces => options.Active(Card.Places);

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        int whole = options.Parts == MethodParts.All && context.Plan is { } plan ? plan.SourceCount : context.VisualCount;
        int wanted = Math.Max(1, Budgets.Round(options.Retention * whole, Rounding.Floor));
        return new StagedRun(
            [LayerDepth.Of(options.InnerLayer, OfficialLayer, OfficialDepth, context.Layers)],
            PrefillNeeds.States,
            (_, view) =>
            {
                int texts = view.Count - view.VisualEnd;
                if (wanted >= view.VisualCount || texts == 0)
                    return null;
                TokenMatrix question = FrameMeans.Of(view.Hidden.Slice(view.VisualEnd, texts), texts).ToVectors();
                double[] scores = Similarity.Cosines(view.Hidden.Slice(view.VisualStart, view.VisualCount), question).Values;
                return PrefillStep.KeepVisual(view, TopK.Largest(scores, wanted, EmitBy.Place).Select(row => view.VisualStart + row));
            });
    }

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int tokens, int perFrame) = (input.Grid.Count, input.Grid.TokensPerFrame);
        TokenMatrix embeddings = input.Require(Signal.ImageEmbeddings).AsMatrix();
        double[] alignment = Similarity.Cosines(embeddings, FrameVectors.Question(input.Require(Signal.TextEmbeddings).AsMatrix())).Values;
        double[] bonuses = Array.ConvertAll(alignment, cosine => options.Alignment * (1 + cosine) / 2);
        double share = options.Parts == MethodParts.All ? 1 - (1 - options.Retention) / 2 : options.Retention;
        int budget = Math.Max(1, Budgets.Round(share * perFrame, Rounding.Floor));
        var kept = new List<int>(input.Grid.Frames * budget);
        for (int first = 0; first < tokens; first += perFrame)
        {
            RealMatrix similarity = Similarity.Cosines(embeddings.Slice(first, perFrame));
            TensorPrimitives.Add(similarity.Values, 1, similarity.Values);
            TensorPrimitives.Divide(similarity.Values, 2, similarity.Values);
            GreedyPicks picks = GreedySelection.Coverage(
                budget, bonuses.AsSpan(first, perFrame), (item, row) => similarity[item].CopyTo(row));
            kept.AddRange(picks.Order.Order().Select(place => first + place));
        }
        return ReductionPlan.Keep(kept.ToArray(), tokens, new PlanTrace { { "alignment", alignment } });
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : MultiPlaceOptions
    {
        /// <summary>Weight of a token's likeness to the question against what it covers.</summary>
        [Parameter("weight of a token's likeness to the question", Symbol = "lambda1", Minimum = 0)]
        public double Alignment { get; init; } = 0.7;

        /// <summary>
        /// Layer before which rows leave inside the model (paper: behind layer 7 of 32); null for the same share of
        /// the loaded model's depth.
        /// </summary>
        [Parameter("layer before which rows leave inside the model; auto: as deep as 8 of 32", Symbol = "K + 2", Minimum = 1)]
        public int? InnerLayer { get; init; }
    }
}
