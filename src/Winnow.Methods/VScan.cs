using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Methods;

/// <summary>
/// VScan. Before the language model: the best tokens of each window by a shallow layer's attention, the best of the rest by a deep layer's,
/// and the others averaged into them. Inside it, half-way: the rows that the last prompt token would attend to most in the next layer.
/// </summary>
/// <remarks>
/// "VScan: Rethinking Visual Token Reduction for Efficient Large Vision-Language Models", TMLR 2026, arXiv 2505.22654. Follows
/// Tencent/SelfEvolvingAgent, folder VScan, commit a82450e.
/// </remarks>
public sealed class VScan(VScan.Options options) : ITokenReducer, IPrefillReducer, IMultiPlaceMethod
{
    private const int OfficialLayer = 16;
    private const int OfficialDepth = 32;
    private const double OfficialInnerRetention = 0.333;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "vscan",
        Name = "VScan",
        Paper = "VScan: Rethinking Visual Token Reduction for Efficient Large Vision-Language Models, TMLR 2026",
        ArXiv = "2505.22654",
        OfficialCode = "Tencent/SelfEvolvingAgent (VScan) a82450e",
        Places = MethodPlaces.AfterEncoder | MethodPlaces.Prefill,
        Family = MethodFamily.Attention,
        ChooseWhen = "detail all over the picture matters as well as its main things, and nothing shall be dropped without a trace",
        BudgetRule = "floor(retention * tokens of a frame), at least one, the same in every frame; inside the model"
            + " floor(innerRetention * rows) of those",
        Budget = BudgetPromise.PerFrame,
        Positions = PositionRule.Compact,
        ExtraCost = "inside the model the keys of all rows and one query in the next layer's projections, O(S D^2), and one attention"
            + " row per head, O(H S hd)",
        Deviations =
        [
            "The ranking inside the model is that of the official code for Qwen2.5-VL, without rotary positions,"
                + " unless innerForm says llava.",
            "At a retention of 1 no row leaves inside the model unless innerRetention is given. The layer is the same share of the depth"
                + " as the official 16 of 32 and 14 of 28, unless given.",
            "What the local scan leaves of its half goes to the global scan; the official code loses it or stops (reproduce: lost).",
            "The number of windows follows from the grid; the official LLaVA code is written for 24 x 24 places.",
            "Towers without a class token (SigLIP) use the mean attention that each place receives, as the official"
                + " code for Qwen2.5-VL does.",
        ],
    };

    /// <summary>How the local scan deals its tokens out over windows.</summary>
    public enum Windows
    {
        /// <summary>Down the ranking of the whole frame, each window up to an equal limit (Qwen2.5-VL).</summary>
        Capped,

        /// <summary>The same number from each window (LLaVA).</summary>
        Equal,
    }

    /// <summary>Which of the two official codes ranks inside the language model.</summary>
    public enum Ranking
    {
        /// <summary>Queries and keys without rotary positions; rows keep theirs.</summary>
        Qwen,

        /// <summary>With rotary positions; rows are counted anew.</summary>
        Llava,
    }

    private SignalNeed Shallow => SignalNeed.Of(
        new SignalRequest(Signal.ClassAttention, options.ShallowLayer),
        new SignalRequest(Signal.ReceivedAttention, options.ShallowLayer));

    private static SignalNeed Deep => SignalNeed.Of(new SignalRequest(Signal.ClassAttention), new SignalRequest(Signal.ReceivedAttention));

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [Shallow, Deep];

    /// <inheritdoc/>
    public MethodPlaces ActivePlaces => options.Active(Card.Places);

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        bool llava = options.InnerForm == Ranking.Llava;
        var needs = new PrefillNeeds
        {
            Attention = new AttentionRequest(AttentionQueries.Last) { OfNextLayer = true, Rotated = llava, Causal = llava }
        };
        return new StagedRun([LayerDepth.Of(options.InnerLayer, OfficialLayer, OfficialDepth, context.Layers)], needs, (_, view) =>
        {
            int wanted = options.InnerTokens
                ?? Budgets.Round(view.VisualCount * options.InnerShare(options.InnerRetention, OfficialInnerRetention), Rounding.Floor);
            return LastRow.KeepMostAttended(view, wanted) is { } step
                ? step with { Positions = llava ? PositionRule.Compact : PositionRule.Original }
                : null;
        });
    }

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int tokens, int perFrame) = (input.Grid.Count, input.Grid.TokensPerFrame);
        double[] shallow = AttentionScores.OfPlaces(input.Require(Shallow), tokens),
            deep = AttentionScores.OfPlaces(input.Require(Deep), tokens);
        int budget = options.KeepPerFrame is { } given
            ? Budgets.PerFrame(given, 1, perFrame)
            : Math.Max(1, Budgets.Round(options.Retention * perFrame, Rounding.Floor));
        var plan = new ReductionPlanBuilder(tokens);
        var allLocal = new List<int>();
        for (int first = 0; first < tokens; first += perFrame)
        {
            List<int> local = budget == perFrame ? [] : LocalScan(shallow.AsSpan(first, perFrame), input.Grid, budget / 2);
            double[] left = deep[first..(first + perFrame)];
            foreach (int place in local)
                left[place] = double.NegativeInfinity;
            int global = budget - (options.Reproduce && budget < perFrame ? budget / 2 : local.Count);
            int[] kept = [.. local.Concat(TopK.Largest(left, global, EmitBy.Place)).Order()];
            Merge(plan, input.Features.Slice(first, perFrame), first, kept);
            allLocal.AddRange(local);
        }
        return plan.Build(new PlanTrace { { "local", allLocal.ToArray() } });
    }

    private List<int> LocalScan(ReadOnlySpan<double> attention, TokenGrid grid, int wanted)
    {
        // Rows and columns beyond the last whole window belong to it.
        int down = Math.Max(1, grid.Rows / options.Window), across = Math.Max(1, grid.Columns / options.Window);
        int WindowOf(int place) =>
            Math.Min(place / grid.Columns / options.Window, down - 1) * across
            + Math.Min(place % grid.Columns / options.Window, across - 1);
        int windows = down * across;
        int limit = options.Scan == Windows.Equal ? wanted / windows : (wanted + windows - 1) / windows;
        int most = options.Scan == Windows.Equal ? limit * windows : wanted;
        int[] filled = new int[windows];
        var chosen = new List<int>(most);
        foreach (int place in TopK.Largest(attention, attention.Length, EmitBy.Score))
            if (chosen.Count < most && filled[WindowOf(place)] < limit)
            {
                filled[WindowOf(place)]++;
                chosen.Add(place);
            }
        return options.Scan == Windows.Equal ? [.. chosen.OrderBy(WindowOf)] : chosen;
    }

    /// <summary>Every dropped token joins the most similar kept one, the first on ties.</summary>
    private static void Merge(ReductionPlanBuilder plan, TokenMatrix frame, int first, int[] kept)
    {
        int[] dropped = [.. Enumerable.Range(0, frame.Count).Except(kept)];
        RealMatrix similarity = Similarity.Cosines(frame, dropped, kept);
        int[] nearest = [.. Enumerable.Range(0, dropped.Length).Select(i => TensorPrimitives.IndexOfMax<double>(similarity[i]))];
        int[][] joining = Merging.Members(nearest, kept.Length);
        for (int k = 0; k < kept.Length; k++)
            plan.Mean(first + kept[k], [first + kept[k], .. joining[k].Select(i => first + dropped[i])]);
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : MultiPlaceOptions
    {
        /// <summary>Tokens of each frame; null: from the retention.</summary>
        [Parameter("tokens to keep in every frame, in place of the retention", Minimum = 1)]
        public int? KeepPerFrame { get; init; }

        /// <summary>How the local scan deals its tokens out over windows.</summary>
        [Parameter("how the local scan deals its tokens out over windows")]
        public Windows Scan { get; init; } = Windows.Capped;

        /// <summary>Side of a window in tokens (LLaVA: 6).</summary>
        [Parameter("side of a window in tokens", Minimum = 1)]
        public int Window { get; init; } = 4;

        /// <summary>Layer of the local scan, counted from 0; the official 5 is for towers of 24 layers.</summary>
        [Parameter("layer of the local scan, counted from 0", Minimum = 0)]
        public int ShallowLayer { get; init; } = 5;

        /// <summary>
        /// Layer from which on fewer rows go on inside the model (official: 16 of 32, 14 of 28); null for the same share of
        /// the loaded model's depth.
        /// </summary>
        [Parameter("layer from which on fewer rows go on inside the model; auto: as deep as layer 16 of 32", Minimum = 1)]
        public int? InnerLayer { get; init; }

        /// <summary>
        /// Share of the rows that goes on there (official: 0.333, for grounding 0.67); null for that, 1 at a retention of 1, or the
        /// retention where only this part acts.
        /// </summary>
        [Parameter("share of the rows that goes on there; auto: 0.333, 1 at a retention of 1, or the retention where only this part acts",
            Minimum = 0, Maximum = 1)]
        public double? InnerRetention { get; init; }

        /// <summary>Number of rows that goes on there; null for what the shares say.</summary>
        [Parameter("number of rows that goes on there; auto: what the shares ask", Minimum = 0)]
        public int? InnerTokens { get; init; }

        /// <summary>Which of the two official codes ranks there.</summary>
        [Parameter("which of the two official codes ranks inside the model")]
        public Ranking InnerForm { get; init; } = Ranking.Qwen;

        /// <summary>Loses what the local scan leaves of its half, as the official code does.</summary>
        [Parameter("as the official code: what the local scan leaves of its half is lost")]
        public bool Reproduce { get; init; }
    }
}
