using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>STAR, first stage: in every frame the tokens that receive the most attention in the vision tower.</summary>
/// <remarks>
/// "STAR: Stage-Wise Attention-Guided Token Reduction for Efficient Large Vision-Language Models Inference", arXiv 2505.12359. No
/// official code is published.
/// </remarks>
public sealed class Star(Star.Options options) : ITokenReducer, IPrefillReducer, IMultiPlaceMethod
{
    private const double ChosenInnerRetention = 0.25;
    private static readonly PrefillNeeds Question = new() { Attention = new AttentionRequest(AttentionQueries.TextAfterVideo) };

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "star",
        Name = "STAR",
        Paper = "STAR: Stage-Wise Attention-Guided Token Reduction for Efficient Large Vision-Language Models Inference, 2025",
        ArXiv = "2505.12359",
        Places = MethodPlaces.AfterEncoder | MethodPlaces.Prefill,
        Family = MethodFamily.Attention,
        ChooseWhen = "a first, cheap cut by attention of the vision tower before one inside the language model",
        BudgetRule = "retention * tokens of a frame, to the nearest (halves to even), at least one, the same in every frame; inside the"
            + " model innerRetention of those rows, rounded alike",
        Budget = BudgetPromise.PerFrame,
        Positions = PositionRule.Original,
        ExtraCost = "inside the model the attention of the text after the video in one layer, O(H T S hd)",
        Deviations =
        [
            "No official code is published, and of the paper only abstract, opening and an overview were read.",
            "Chosen by this project: the mean over heads and queries, the layer of the used features, rounding, every frame by itself;"
                + " inside the model the layer (half-way), the mean over the text's rows, a quarter of the rows, positions kept.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [SignalNeed.Of(new SignalRequest(Signal.ReceivedAttention, options.Layer))];

    /// <inheritdoc/>
    public MethodPlaces ActivePlaces => options.Active(Card.Places);

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        // The layer half-way is looked at; the next one is the first to run on the short sequence.
        int halfWay = Math.Clamp(context.Layers / 2 + 1, 1, context.Layers - 1);
        return new StagedRun([LayerDepth.Of(options.InnerLayer, halfWay, context.Layers, context.Layers)], Question, (_, view) =>
        {
            int wanted = Math.Max(
                1, Budgets.Round(view.VisualCount * options.InnerShare(options.InnerRetention, ChosenInnerRetention), Rounding.HalfEven));
            double[] scores = ReceivedAttention.Mean(view.Attention!, view.VisualStart, view.VisualCount);
            return wanted >= view.VisualCount
                ? null
                : PrefillStep.KeepVisual(view, TopK.Largest(scores, wanted, EmitBy.Place).Select(row => view.VisualStart + row));
        });
    }

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        double[] scores = AttentionScores.OfPlaces(input.Require(Needs[0]), input.Grid.Count);
        int perFrame = input.Grid.TokensPerFrame;
        int[] kept = TopK.LargestOfFrames(scores, perFrame, Budgets.PerFrame(null, options.Retention, perFrame));
        return ReductionPlan.Keep(kept, scores.Length, new PlanTrace { { "scores", scores } });
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : MultiPlaceOptions
    {
        /// <summary>Layer of the vision tower whose attention decides.</summary>
        [Parameter("layer of the vision tower, from 0, or negative to count from the end")]
        public int Layer { get; init; } = -1;

        /// <summary>
        /// Layer of the language model before which rows leave, by the attention of the one in front; null for the one behind the middle.
        /// </summary>
        [Parameter("layer of the language model before which rows leave; auto: behind the middle one", Minimum = 1)]
        public int? InnerLayer { get; init; }

        /// <summary>
        /// Share of the rows that goes on there; null for 0.25, 1 at a retention of 1, or the retention where only this part acts.
        /// </summary>
        [Parameter("share of the rows that goes on there; auto: 0.25, 1 at a retention of 1, or the retention where only this part acts",
            Minimum = 0, Maximum = 1)]
        public double? InnerRetention { get; init; }
    }
}
