using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// AIM. Before the language model: rounds of pairwise merging inside every frame, each at most halving it. Inside it, from the middle on:
/// layer after layer fewer visual rows go on, ranked by PageRank on the layer's attention, at last none.
/// </summary>
/// <remarks>
/// "AIM: Adaptive Inference of Multi-Modal LLMs via Token Merging and Pruning", ICCV 2025, arXiv 2412.03248. Follows LaVi-Lab/AIM, commit
/// edc24e9, llava/model/token_merge.py, and get_importance with the pruning block of Qwen2Model.forward.
/// </remarks>
public sealed class Aim(Aim.Options options) : ITokenReducer, IPrefillReducer, IMultiPlaceMethod
{
    // The official schedule of 28 layers: everything up to layer 13, then an eighth less from layer to layer.
    private const double OfficialDepth = 28;
    private const double OfficialLastWhole = 13;
    private const double OfficialStep = 0.125;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "aim",
        Name = "AIM",
        Paper = "AIM: Adaptive Inference of Multi-Modal LLMs via Token Merging and Pruning, ICCV 2025",
        ArXiv = "2412.03248",
        OfficialCode = "LaVi-Lab/AIM edc24e9",
        Places = MethodPlaces.AfterEncoder | MethodPlaces.Prefill,
        Family = MethodFamily.Merging,
        ChooseWhen = "everything on the picture shall leave a trace; works frame by frame, so also for streams",
        BudgetRule = "retention * tokens of a frame, to the nearest (halves to even), at least one; rounds halve a frame until it is met;"
            + " inside the model floor(rate * rows) after each layer, by the schedule",
        Budget = BudgetPromise.PerFrame,
        Order = PlanOrder.Frame,
        Positions = PositionRule.Compact,
        ExtraCost = "inside the model the whole attention of every layer that drops rows, computed anew in each of 5 rounds: 5 O(H S^2"
            + " hd) a layer, S falling",
        Deviations =
        [
            "Inside the model rows leave the sequence; officially they are hidden but still looked up, and pass on what worth they start"
                + " with in the first round of PageRank.",
            "At a retention of 1 no row leaves there unless rates are given. The schedule is stretched to the loaded model's depth.",
            "The last round merges just as many pairs as the retention asks for; the official rounds merge a half, a quarter and so on of"
                + " the first count, rounded down.",
            "A token of zeros has similarity 0 to everything; the official code lets it attract or follow arbitrary partners.",
            "A round that has no pair to merge is passed over; the official function returns nothing.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public MethodPlaces ActivePlaces => options.Active(Card.Places);

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        if (options.RetainRates is null && options.Retention >= 1)
            return StagedRun.Nothing;
        IReadOnlyList<double> rates = options.RetainRates ?? Schedule(context.Layers);
        if (rates.Count != context.Layers)
            throw new ArgumentException($"There are {rates.Count} rates for {context.Layers} layers; give one rate for each.");
        // A rate as low as one before changes nothing, and after the last layer nothing is left to save.
        int[] cutting = [.. Enumerable.Range(0, context.Layers - 1).Where(layer => rates[layer] < rates.Take(layer).Append(1).Min())];
        var needs = new PrefillNeeds { Attention = new AttentionRequest(AttentionQueries.All) { Temperature = options.Temperature } };
        return new StagedRun([.. cutting.Select(layer => layer + 1)], needs, (stage, view) => Cut(view, rates[cutting[stage]]));
    }

    private PrefillStep? Cut(PrefillView view, double rate)
    {
        int text = view.Count - view.VisualCount, kept = Budgets.Round(view.Context.VisualCount * rate + text, Rounding.Floor) - text;
        if (kept >= view.VisualCount)
            return null;
        double[] importance = kept == 0 ? new double[view.Count] : PageRank.Of(view.Attention!, options.Rounds, options.Damping);
        return PrefillStep.KeepVisual(
            view,
            TopK.Largest(importance.AsSpan(view.VisualStart, view.VisualCount), kept, EmitBy.Place).Select(row => view.VisualStart + row));
    }

    private static double[] Schedule(int layers) =>
        [.. Enumerable.Range(0, layers).Select(layer =>
            Math.Clamp(1 - (layer * OfficialDepth / layers - OfficialLastWhole) * OfficialStep, 0, 1))];

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
    public sealed record Options : MultiPlaceOptions
    {
        /// <summary>Pairs to merge in each round, at most a half of what is left; null: from the retention.</summary>
        [Parameter("pairs to merge in each round; auto: what the retention asks", Minimum = 0)]
        public IReadOnlyList<int>? MergeCounts { get; init; }

        /// <summary>
        /// For every layer of the language model, the share of the original visual rows that goes on behind it; null for
        /// the official schedule.
        /// </summary>
        [Parameter("share of the visual rows that goes on behind each layer; auto: all, from the middle on an eighth less a layer",
            Minimum = 0, Maximum = 1)]
        public IReadOnlyList<double>? RetainRates { get; init; }

        /// <summary>Divides the logits of the attention that rows are ranked by.</summary>
        [Parameter("divides the logits of the attention that rows are ranked by", Minimum = 0, MinimumIsExcluded = true)]
        public double Temperature { get; init; } = 0.1;

        /// <summary>Rounds of PageRank.</summary>
        [Parameter("rounds of PageRank", Minimum = 1)]
        public int Rounds { get; init; } = 5;

        /// <summary>Share of their worth that rows deal out evenly in each round.</summary>
        [Parameter("share of worth dealt out evenly", Symbol = "d", Minimum = 0, Maximum = 1)]
        public double Damping { get; init; }
    }
}
