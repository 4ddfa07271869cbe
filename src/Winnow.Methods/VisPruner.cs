using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>VisPruner: in every frame the most attended tokens, and from the rest a set without near-duplicates.</summary>
/// <remarks>
/// "Beyond Text-Visual Attention: Exploiting Visual Cues for Effective Token Pruning in VLMs", ICCV 2025, arXiv 2412.01818.
/// Follows Theia-4869/VisPruner, commit aefa01a, llava/model/llava_arch.py. Similarity is that of the vision tower's
/// features, before the projector.
/// </remarks>
public sealed class VisPruner(VisPruner.Options options) : ITokenReducer
{
    private static readonly SignalNeed Attention =
        SignalNeed.Of(new SignalRequest(Signal.ClassAttention), new SignalRequest(Signal.ReceivedAttention));

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "vispruner",
        Name = "VisPruner",
        Paper = "Beyond Text-Visual Attention: Exploiting Visual Cues for Effective Token Pruning in VLMs, ICCV 2025",
        ArXiv = "2412.01818",
        OfficialCode = "Theia-4869/VisPruner aefa01a",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Attention,
        ChooseWhen = "attention of the vision tower is at hand and small retentions shall still cover the whole picture",
        BudgetRule = "retention * tokens of a frame, to the nearest (halves to even), at least one; the same in every frame",
        Budget = BudgetPromise.PerFrame,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "Towers without a class token (SigLIP) use the mean attention that each place receives, an extension that the"
                + " official code does not have.",
            "A rest of odd length, or a last round with too few pairs, fails in the official code; here the extra token stays, and a round"
                + " drops no more than it has pairs.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [Attention, SignalNeed.Of(new SignalRequest(Signal.EncoderFeatures))];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int tokens, int perFrame) = (input.Grid.Count, input.Grid.TokensPerFrame);
        double[] scores = AttentionScores.OfPlaces(input.Require(Attention), tokens);
        TokenMatrix features = input.Require(Signal.EncoderFeatures).AsMatrix();
        int budget = Budgets.PerFrame(options.KeepPerFrame, options.Retention, perFrame);
        int important = Budgets.Round(budget * options.ImportantRatio, Rounding.Truncate);
        var kept = new List<int>(input.Grid.Frames * budget);
        var log = (Important: new List<int>(), Removed: new List<int>(), Diverse: new List<int>());
        for (int t = 0; t < input.Grid.Frames; t++)
        {
            int[] ranking = TopK.Largest(scores.AsSpan(t * perFrame, perFrame), perFrame, EmitBy.Score);
            int[] diverse = WithoutDuplicates(
                features.Slice(t * perFrame, perFrame), ranking[important..], budget - important, log.Removed);
            log.Important.AddRange(ranking[..important]);
            log.Diverse.AddRange(diverse);
            kept.AddRange(ranking[..important].Concat(diverse).Order().Select(place => t * perFrame + place));
        }
        return ReductionPlan.Keep(kept.ToArray(), tokens, new PlanTrace
        {
            { "scores", scores },
            { "important", log.Important.ToArray() },
            { "removed", log.Removed.ToArray() },
            { "diverse", log.Diverse.ToArray() },
        });
    }

    /// <summary>
    /// Drops, round by round, the even places of the list that are most similar to an odd one; the remaining even
    /// places then lead the list.
    /// </summary>
    private int[] WithoutDuplicates(TokenMatrix frame, int[] list, int wanted, List<int> removed)
    {
        if (wanted == 0)
            return [];
        if (list.Length == wanted)
            return list;
        RealMatrix similarity = Similarity.Cosines(frame);
        while (list.Length > wanted)
        {
            int pairs = Math.Min(Math.Min(options.Step, list.Length - wanted), list.Length / 2);
            var matching = BipartiteMatching.Of(similarity, list, pairs);
            removed.AddRange(matching.Accepted.Select(a => list[2 * a]));
            list = [.. matching.Refused.Select(a => list[2 * a]), .. list.Where((_, place) => place % 2 == 1)];
        }
        return list;
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Tokens of each frame; null: from the retention.</summary>
        [Parameter("tokens to keep in every frame, in place of the retention", Symbol = "K", Minimum = 1)]
        public int? KeepPerFrame { get; init; }

        /// <summary>Share of the kept tokens that attention chooses; truncated.</summary>
        [Parameter("share of the kept tokens that attention chooses", Minimum = 0, Maximum = 1)]
        public double ImportantRatio { get; init; } = 0.5;

        /// <summary>Near-duplicates that one round drops at most.</summary>
        [Parameter("near-duplicates that one round drops at most", Minimum = 1)]
        public int Step { get; init; } = 8;
    }
}
