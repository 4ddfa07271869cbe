using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>FasterVLM: in every frame the tokens that the vision encoder's class token attends to most.</summary>
/// <remarks>
/// "[CLS] Attention is All You Need for Training-Free Visual Token Pruning: Make VLM Inference Faster", arXiv 2412.01818v1. Follows
/// Theia-4869/FasterVLM, commits f5d5f12 (images) and eca4cd5 (branch video).
/// </remarks>
public sealed class FasterVlm(FasterVlm.Options options) : ITokenReducer
{
    private static readonly SignalNeed Attention =
        SignalNeed.Of(new SignalRequest(Signal.ClassAttention), new SignalRequest(Signal.ReceivedAttention));

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "fastervlm",
        Name = "FasterVLM",
        Paper = "[CLS] Attention is All You Need for Training-Free Visual Token Pruning: Make VLM Inference Faster, 2024",
        ArXiv = "2412.01818",
        OfficialCode = "Theia-4869/FasterVLM f5d5f12 (images), eca4cd5 (video)",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Attention,
        ChooseWhen = "the simplest yardstick by attention of the vision tower",
        BudgetRule = "retention * tokens of a frame, to the nearest (halves to even), at least one; the same in every frame",
        Budget = BudgetPromise.PerFrame,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "Towers without a class token (SigLIP) use the mean attention that each place receives, an extension that the"
                + " official code does not have."
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [Attention];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int tokens, int perFrame) = (input.Grid.Count, input.Grid.TokensPerFrame);
        double[] scores = AttentionScores.OfPlaces(input.Require(Attention), tokens);
        int budget = Budgets.PerFrame(options.KeepPerFrame, options.Retention, perFrame);
        int[] ranked = new int[input.Grid.Frames * budget];
        for (int t = 0; t < input.Grid.Frames; t++)
            TopK.Largest(scores.AsSpan(t * perFrame, perFrame), budget, EmitBy.Score).CopyTo(ranked, t * budget);
        int[] kept = [.. ranked.Select((place, i) => i / budget * perFrame + place).Order()];
        return ReductionPlan.Keep(kept, tokens, new PlanTrace { { "scores", scores }, { "ranked", ranked } });
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Tokens of each frame; null: from the retention.</summary>
        [Parameter("tokens to keep in every frame, in place of the retention", Symbol = "T", Minimum = 1)]
        public int? KeepPerFrame { get; init; }
    }
}
