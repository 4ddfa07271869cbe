using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Methods;

/// <summary>VScan, first stage: the best tokens of each window by a shallow layer's attention, the best of the rest by a deep layer's, and the others averaged into them.</summary>
/// <remarks>
/// "VScan: Rethinking Visual Token Reduction for Efficient Large Vision-Language Models", TMLR 2026, arXiv 2505.22654. Follows Tencent/SelfEvolvingAgent, folder VScan,
/// commit a82450e.
/// </remarks>
public sealed class VScan(VScan.Options options) : ITokenReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "vscan",
        Name = "VScan (after the encoder)",
        Paper = "VScan: Rethinking Visual Token Reduction for Efficient Large Vision-Language Models, TMLR 2026",
        ArXiv = "2505.22654",
        OfficialCode = "Tencent/SelfEvolvingAgent (VScan) a82450e",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Attention,
        ChooseWhen = "detail all over the picture matters as well as its main things, and nothing shall be dropped without a trace",
        BudgetRule = "floor(retention * tokens of a frame), at least one; the same in every frame",
        Budget = BudgetPromise.PerFrame,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "What the local scan leaves of its half goes to the global scan; the official code loses it or stops (reproduce: lost).",
            "The number of windows follows from the grid; the official LLaVA code is written for 24 x 24 places.",
            "Towers without a class token (SigLIP) use the mean attention that each place receives, as the official code for Qwen2.5-VL does.",
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

    private SignalNeed Shallow => SignalNeed.Of(new SignalRequest(Signal.ClassAttention, options.ShallowLayer), new SignalRequest(Signal.ReceivedAttention, options.ShallowLayer));

    private static SignalNeed Deep => SignalNeed.Of(new SignalRequest(Signal.ClassAttention), new SignalRequest(Signal.ReceivedAttention));

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [Shallow, Deep];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int tokens, int perFrame) = (input.Grid.Count, input.Grid.TokensPerFrame);
        double[] shallow = AttentionScores.OfPlaces(input.Require(Shallow), tokens), deep = AttentionScores.OfPlaces(input.Require(Deep), tokens);
        int budget = options.KeepPerFrame is { } given ? Budgets.PerFrame(given, 1, perFrame) : Math.Max(1, Budgets.Round(options.Retention * perFrame, Rounding.Floor));
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
        int WindowOf(int place) => Math.Min(place / grid.Columns / options.Window, down - 1) * across + Math.Min(place % grid.Columns / options.Window, across - 1);
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
        RealMatrix similarity = Similarity.Cosines(frame.Gather(dropped), frame.Gather(kept));
        int[] nearest = [.. Enumerable.Range(0, dropped.Length).Select(i => TensorPrimitives.IndexOfMax<double>(similarity[i]))];
        int[][] joining = Merging.Members(nearest, kept.Length);
        for (int k = 0; k < kept.Length; k++)
            plan.Mean(first + kept[k], [first + kept[k], .. joining[k].Select(i => first + dropped[i])]);
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
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

        /// <summary>Loses what the local scan leaves of its half, as the official code does.</summary>
        [Parameter("as the official code: what the local scan leaves of its half is lost")]
        public bool Reproduce { get; init; }
    }
}
