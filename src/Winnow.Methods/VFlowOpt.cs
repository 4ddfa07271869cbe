using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// VFlowOpt. Before the language model: what the tower's few global tokens look at stays; the least of the rest may be averaged cell by
/// cell. Inside it: two more cuts by the same importance.
/// </summary>
/// <remarks>
/// "VFlowOpt: A Token Pruning Framework for LMMs with Visual Information Flow-Guided Optimization", ICCV 2025, arXiv 2508.05211. Follows
/// sihany077/VFlowOpt, commit 129eeef.
/// </remarks>
public sealed class VFlowOpt(VFlowOpt.Options options) : ITokenReducer, IPrefillReducer, IMultiPlaceMethod
{
    private const int OfficialDepth = 28;

    // What a newline row counts, in the official code and here; it always stays.
    private const double NewlineImportance = 1;
    private static readonly int[] OfficialLayers = [9, 18];
    private static readonly double[] OfficialShares = [0.9833433139039235, 0.8773258179532721];
    private static readonly SignalNeed Attention =
        SignalNeed.Of(new SignalRequest(Signal.AttentionMap), new SignalRequest(Signal.ReceivedAttention));

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "vflowopt",
        Name = "VFlowOpt",
        Paper = "VFlowOpt: A Token Pruning Framework for LMMs with Visual Information Flow-Guided Optimization, ICCV 2025",
        ArXiv = "2508.05211",
        OfficialCode = "sihany077/VFlowOpt 129eeef",
        Places = MethodPlaces.AfterEncoder | MethodPlaces.Prefill,
        Family = MethodFamily.Attention,
        ChooseWhen = "towers without a class token; one budget for the whole video, so busy frames keep more",
        BudgetRule = "tokens - round(tokens * (1 - retention)) over the whole video, halves to even, at least one; with recycle the cells'"
            + " tokens come close to that; inside the model rows - round(rows * (1 - share)) of those before two layers",
        Budget = BudgetPromise.PerFrame,
        Positions = PositionRule.Original,
        ExtraCost = "inside the model nothing but two sorts: the importance of the first part is carried along; one attention row per head"
            + " at each cut where that part does not act",
        Deviations =
        [
            "Where the part before the model does not act, its importance is not there: the last prompt token's attention takes its"
                + " place in the cuts inside.",
            "At a retention of 1 no row leaves inside the model unless innerShares are given. Layers are the same shares of the depth as"
                + " the official 9 and 18 of 28, unless given.",
            "Models that do not give the map of attention use the mean attention that each place receives: what this method falls back to"
                + " without global tokens, where the official code has only NaN.",
            "Importance is computed on the grid of the tokens; the official code computes it on the tower's grid and"
                + " resizes it with the features.",
            "The official video path counts one newline token that always stays (reproduce does too), and does not recycle;"
                + " recycling is an option.",
            "The entropy term is left out: its weight is 0 in all published settings. Nor is the offline search part of this method.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [Attention];

    /// <inheritdoc/>
    public MethodPlaces ActivePlaces => options.Active(Card.Places);

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        int[] layers = LayerDepth.Of(options.InnerLayers, OfficialLayers, OfficialDepth, context.Layers);
        double[] shares = options.InnerShares is { } given ? [.. given]
            : options.Parts == MethodParts.InsideModel ? [.. layers.Select(_ => Math.Pow(options.Retention, 1.0 / layers.Length))]
            : options.Retention < 1 ? OfficialShares : [.. layers.Select(_ => 1.0)];
        StageShares.RequireOneEach(shares.Length, layers.Length, "shares");
        double[]? importance = OfRows(context);
        return new StagedRun(layers, importance is null ? LastRow.Needs : PrefillNeeds.States, (stage, view) =>
        {
            int wanted = view.VisualCount - Budgets.Round(view.VisualCount * (1 - shares[stage]), Rounding.HalfEven);
            if (importance is null || wanted >= view.VisualCount)
                return LastRow.KeepMostAttended(view, wanted);
            double[] left = [.. view.Origins.Skip(view.VisualStart).Take(view.VisualCount)
                .Select(origin => importance[origin - view.VisualStart])];
            return PrefillStep.KeepVisual(view, TopK.Largest(left, wanted, EmitBy.Place).Select(row => view.VisualStart + row));
        });
    }

    /// <summary>Importance of the visual rows that enter the model, as the part before it found it; null where it did not act.</summary>
    private double[]? OfRows(PrefillContext context) =>
        options.Parts == MethodParts.All && context.Plan is { } plan && plan.Trace.Find<double>("importance") is { } importance
            ? [.. context.PlanTokens.Select(token => token < 0 ? NewlineImportance : importance[plan.Places[token]])]
            : null;

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int tokens, int perFrame, int columns) = (input.Grid.Count, input.Grid.TokensPerFrame, input.Grid.Columns);
        double[] importance = Importance(input.Require(Attention), tokens);
        if (options.Recycle)
            return Recycle(importance, options.Retention, options.Cell,
                token => (token / perFrame, CellOf(token % perFrame / columns, options.Cell), CellOf(token % columns, options.Cell)));
        int length = options.Reproduce ? tokens + 1 : tokens;
        int budget = length - Budgets.Round(length * (1 - options.Retention), Rounding.HalfEven) - (length - tokens);
        int[] kept = TopK.Largest(importance, Math.Max(1, budget), EmitBy.Place);
        return ReductionPlan.Keep(kept, tokens, new PlanTrace { { "importance", importance } });
    }

    /// <summary>
    /// Keeps the most important tokens, and one for each cell of the others: their mean by importance, in place of the
    /// most important of them.
    /// </summary>
    /// <param name="importance">One number a token, not negative.</param>
    /// <param name="retention">
    /// Share that is left, about: cells are paid for by cutting one more token for every cell that the sequence could fill.
    /// </param>
    /// <param name="cell">Side of a cell in tokens.</param>
    /// <param name="cellOf">Which cell a token lies in; tokens of different pictures never share one.</param>
    public static ReductionPlan Recycle(
        double[] importance, double retention, double cell, Func<int, (int Picture, int Row, int Column)> cellOf)
    {
        int reduce = Budgets.Round(importance.Length * (1 - retention), Rounding.HalfEven),
            extra = Budgets.Round(importance.Length / (cell * cell), Rounding.Floor);
        int[] low = TopK.Smallest(importance, Math.Min(importance.Length, reduce + extra), EmitBy.Place);
        var carried = low.GroupBy(cellOf).Select(group => group.ToArray()).ToDictionary(group => group.MaxBy(token => importance[token]));
        var plan = new ReductionPlanBuilder(importance.Length);
        foreach (int token in Enumerable.Range(0, importance.Length).Except(low).Concat(carried.Keys).Order())
        {
            if (!carried.TryGetValue(token, out int[]? members))
            {
                plan.Keep(token);
                continue;
            }
            double sum = members.Sum(member => importance[member]);
            plan.Sum(
                token, members,
                Array.ConvertAll(members, member => (float)(sum > 0 ? importance[member] / sum : 1.0 / members.Length)),
                members.Length);
        }
        return plan.Build(new PlanTrace { { "importance", importance }, { "cut", new[] { reduce, extra, carried.Count } } });
    }

    /// <summary>Which cell a row or column lies in, divided in float32 as the official code does.</summary>
    public static int CellOf(int place, double cell) => (int)MathF.Floor(place / (float)cell);

    /// <summary>
    /// What the global tokens look at: the mean of their rows of the map. Global is what receives more than a multiple
    /// of the mean attention.
    /// </summary>
    private double[] Importance(SignalValue attention, int tokens)
    {
        if (attention.Shape.Count != 3)
            return AttentionScores.OfPlaces(attention, tokens);
        (TokenMatrix map, int perFrame) = (attention.AsMatrix(), attention.Shape[2]);
        double[] importance = new double[tokens], received = new double[perFrame],
            looked = new double[perFrame], row = new double[perFrame];
        for (int first = 0; first < tokens; first += perFrame)
        {
            Array.Clear(received);
            for (int query = 0; query < perFrame; query++)
                AddRow(map[first + query], received, row);
            double limit = options.GlobalFactor * TensorPrimitives.Average<double>(received);
            int[] global = [.. Enumerable.Range(0, perFrame).Where(place => received[place] > limit)];
            Array.Clear(looked);
            foreach (int query in global)
                AddRow(map[first + query], looked, row);
            TensorPrimitives.Divide(
                global.Length > 0 ? looked : received,
                Math.Max(1, global.Length > 0 ? global.Length : perFrame),
                importance.AsSpan(first, perFrame));
        }
        return importance;
    }

    private static void AddRow(ReadOnlySpan<float> values, double[] sum, double[] scratch)
    {
        TensorPrimitives.ConvertTruncating<float, double>(values, scratch);
        TensorPrimitives.Add(sum, scratch, sum);
    }

    /// <summary>Parameters; the defaults are the official ones for a quarter of the tokens.</summary>
    public sealed record Options : MultiPlaceOptions
    {
        /// <summary>A token is global when it receives more than so many times the mean attention.</summary>
        [Parameter("a token is global when it receives more than so many times the mean attention", Symbol = "t", Minimum = 0)]
        public double GlobalFactor { get; init; } = 34.76;

        /// <summary>Averages the cut tokens cell by cell instead of dropping them.</summary>
        [Parameter("average the cut tokens cell by cell instead of dropping them")]
        public bool Recycle { get; init; }

        /// <summary>Side of a cell in tokens.</summary>
        [Parameter("side of a recycling cell in tokens", Minimum = 1)]
        public double Cell { get; init; } = 15.581;

        /// <summary>
        /// Layers before which rows leave inside the model (official: 9, 18 of 28); null for the same shares of the loaded model's depth.
        /// </summary>
        [Parameter("layers before which rows leave inside the model; auto: as deep as 9 and 18 of 28", Minimum = 1)]
        public IReadOnlyList<int>? InnerLayers { get; init; }

        /// <summary>
        /// Share of the rows left that stays at each (official, for a quarter: 0.98334, 0.87733); null for that, 1 at a retention of 1, or
        /// what the retention asks where only this part acts.
        /// </summary>
        [Parameter(
            "share of the rows left that stays at each; auto: 0.983, 0.877, 1 at a retention of 1, or what the retention asks"
                + " where only this part acts",
            Minimum = 0, Maximum = 1)]
        public IReadOnlyList<double>? InnerShares { get; init; }

        /// <summary>Counts the video's newline token, which always stays, as the official code does.</summary>
        [Parameter("as the official code: a newline token counts, and always stays")]
        public bool Reproduce { get; init; }
    }
}
