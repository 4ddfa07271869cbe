using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>AIM, the merging part: rounds of pairwise merging inside every frame, each at most halving it.</summary>
/// <remarks>
/// "AIM: Adaptive Inference of Multi-Modal LLMs via Token Merging and Pruning", ICCV 2025, arXiv 2412.03248. Follows LaVi-Lab/AIM, commit edc24e9,
/// llava/model/token_merge.py.
/// </remarks>
public sealed class Aim(Aim.Options options) : ITokenReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "aim",
        Name = "AIM",
        Paper = "AIM: Adaptive Inference of Multi-Modal LLMs via Token Merging and Pruning, ICCV 2025",
        ArXiv = "2412.03248",
        OfficialCode = "LaVi-Lab/AIM edc24e9",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Merging,
        ChooseWhen = "everything on the picture shall leave a trace; works frame by frame, so also for streams",
        BudgetRule = "retention * tokens of a frame, to the nearest (halves to even), at least one; rounds halve a frame until it is met",
        Budget = BudgetPromise.PerFrame,
        Order = PlanOrder.Frame,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "The last round merges just as many pairs as the retention asks for; the official rounds merge a half, a quarter and so on of the first count, rounded down.",
            "A token of zeros has similarity 0 to everything; the official code lets it attract or follow arbitrary partners.",
            "A round that has no pair to merge is passed over; the official function returns nothing.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        int perFrame = input.Grid.TokensPerFrame;
        IReadOnlyList<int> rounds = options.MergeCounts ?? Halvings(perFrame, Budgets.PerFrame(null, options.Retention, perFrame));
        var partners = new List<int>[rounds.Count];
        var scores = new List<double>[rounds.Count];
        var plan = new ReductionPlanBuilder(input.Grid.Count);
        for (int t = 0; t < input.Grid.Frames; t++)
        {
            var tokens = MatchedTokens.Of(input.Frame(t), t * perFrame);
            for (int round = 0; round < rounds.Count; round++)
            {
                int pairs = Math.Min(rounds[round], tokens.Tokens.Count / 2);
                if (pairs <= 0)
                    continue;
                tokens = tokens.Merge(pairs);
                (partners[round] ??= []).AddRange(tokens.Matching!.Partners);
                (scores[round] ??= []).AddRange(tokens.Matching.Scores);
            }
            foreach (MatchedTokens.Token token in tokens.Tokens)
                token.EmitTo(plan);
        }
        var trace = new PlanTrace();
        for (int round = 0; round < rounds.Count; round++)
        {
            trace.Add($"partners{round}", partners[round]?.ToArray() ?? []);
            trace.Add($"scores{round}", scores[round]?.ToArray() ?? []);
        }
        return plan.Build(trace);
    }

    /// <summary>How many pairs each round merges: half of what is left, the last round only what is still too much.</summary>
    private static List<int> Halvings(int tokens, int budget)
    {
        var rounds = new List<int>();
        while (tokens > budget)
        {
            rounds.Add(Math.Min(tokens / 2, tokens - budget));
            tokens -= rounds[^1];
        }
        return rounds;
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Pairs to merge in each round, at most a half of what is left; null: from the retention.</summary>
        public IReadOnlyList<int>? MergeCounts { get; init; }
    }
}
