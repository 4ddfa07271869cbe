using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>STAR, first stage: in every frame the tokens that receive the most attention in the vision tower.</summary>
/// <remarks>"STAR: Stage-Wise Attention-Guided Token Reduction for Efficient Large Vision-Language Models Inference", arXiv 2505.12359. No official code is published.</remarks>
public sealed class Star(Star.Options options) : ITokenReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "star",
        Name = "STAR (after the encoder)",
        Paper = "STAR: Stage-Wise Attention-Guided Token Reduction for Efficient Large Vision-Language Models Inference, 2025",
        ArXiv = "2505.12359",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Attention,
        ChooseWhen = "a first, cheap cut by attention of the vision tower before one inside the language model",
        BudgetRule = "retention * tokens of a frame, to the nearest (halves to even), at least one; the same in every frame",
        Budget = BudgetPromise.PerFrame,
        Positions = PositionRule.Original,
        Deviations =
        [
            "No official code is published, and of the paper only abstract, opening and an overview were read.",
            "Chosen by this project: the mean over heads and queries, the layer of the used features, rounding, every frame by itself.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [SignalNeed.Of(new SignalRequest(Signal.ReceivedAttention, options.Layer))];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        double[] scores = AttentionScores.OfPlaces(input.Require(Needs[0]), input.Grid.Count);
        int perFrame = input.Grid.TokensPerFrame;
        int[] kept = TopK.LargestOfFrames(scores, perFrame, Budgets.PerFrame(null, options.Retention, perFrame));
        return ReductionPlan.Keep(kept, scores.Length, new PlanTrace { { "scores", scores } });
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Layer of the vision tower whose attention decides.</summary>
        [Parameter("layer of the vision tower, from 0, or negative to count from the end")]
        public int Layer { get; init; } = -1;
    }
}
