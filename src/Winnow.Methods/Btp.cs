using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// BTP: three cuts that go from diversity, in states and in the picture, to attention; late in the model the visual rows leave altogether.
/// </summary>
/// <remarks>
/// "Balanced Token Pruning: Accelerating Vision Language Models Beyond Local Optimization", NeurIPS 2025, arXiv 2505.22038; the official
/// EmbodiedCity/NeurIPS2025-Balanced-Token-Pruning, read through the fork allenhaozhu/NeurIPS2025-Balanced-Token-Pruning at
/// 9682db06, llava/modeling_llama.py.
/// </remarks>
public sealed class Btp(Btp.Options options) : IPrefillReducer
{
    private const int OfficialDepth = 32;
    private const int OfficialRemoval = 22;
    private static readonly int[] OfficialLayers = [3, 6, 14];
    private static readonly double[] OfficialShares = [1.0 / 2, 1.0 / 4, 1.0 / 12];
    private static readonly double[] DiverseShares = [0.3, 0.1, 0];
    private static readonly double[] AttentionShares = [0.3, 0.9, 1];
    private static readonly double[] OverSelection = [3.7, 1.5, 1.2];
    private const double SpatialShare = 0.5;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "btp",
        Name = "BTP",
        Paper = "Balanced Token Pruning: Accelerating Vision Language Models Beyond Local Optimization, NeurIPS 2025",
        ArXiv = "2505.22038",
        OfficialCode = "EmbodiedCity/NeurIPS2025-Balanced-Token-Pruning, through the fork"
            + " allenhaozhu/NeurIPS2025-Balanced-Token-Pruning 9682db06837c372499bebc39ab36e4f8def5f92a",
        Places = MethodPlaces.Prefill,
        Family = MethodFamily.Diversity,
        ChooseWhen = "early cuts shall not cost what deeper layers need; compares all pairs of tokens twice, so for short videos",
        BudgetRule = "retention is the share of the visual rows left after the last of three cuts; the shares before fall as the paper's"
            + " 1/2, 1/4, 1/12 do; keptTokens overrides. Late in the model all leave, unless the retention is 1",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Original,
        ExtraCost =
            "one attention row per head at each cut, O(H S hd); before the first two, cosines of all pairs of visual rows, O(n^2 D)",
        Deviations =
        [
            "A token that two rules choose stands once; the official second cut repeats it (reproduce: repeated).",
            "What exceeds the first cut's count is left out, the spatial seeds last; the official code keeps it and goes wrong afterwards.",
            "Spatial seeds are spread over the rows that are left of every frame, in proportion; the official code knows"
                + " one picture of 24 x 24.",
            "Candidates by attention are at most all rows; the official code fails.",
            "Layers are the same shares of the depth as the official 3, 6, 14 and 22 of 32, unless given; where no layer is left behind"
                + " the cuts, nothing is removed at the end.",
        ],
    };

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        if (options.Retention == 1 && options.KeptTokens is null)
            return StagedRun.Nothing;
        int[] cuts = LayerDepth.Of(options.Layers, OfficialLayers, OfficialDepth, context.Layers);
        StageShares.RequireOneEach(cuts.Length, OfficialLayers.Length, "layers");
        StageShares.RequireOneEach(options.KeptTokens?.Count ?? cuts.Length, cuts.Length, "counts of tokens");
        double[] shares = StageShares.Scaled(OfficialShares, options.Retention);
        int removal = options.RemovalLayer
            ?? Math.Max(cuts[^1] + 1, Budgets.Round((double)OfficialRemoval * context.Layers / OfficialDepth, Rounding.HalfEven));
        if (removal <= cuts[^1])
            throw new ArgumentException($"removalLayer is {removal}; it must lie behind the last cut, at {cuts[^1]}.");
        int[] stops = removal < context.Layers ? [.. cuts, removal] : cuts;
        return new StagedRun(stops, LastRow.Needs, (stage, view) =>
        {
            if (stage == cuts.Length)
                return PrefillStep.KeepVisual(view, []);
            int wanted = options.KeptTokens?[stage] ?? Budgets.Round(shares[stage] * context.VisualCount, Rounding.Floor);
            return wanted >= view.VisualCount
                ? null
                : PrefillStep.KeepVisual(view, Choose(stage, view, wanted).Kept.Select(row => view.VisualStart + row));
        });
    }

    /// <summary>Which visual rows stay at a cut, and why.</summary>
    /// <param name="stage">The cut, 0 to 2.</param>
    /// <param name="view">The sequence there, with the attention of the last row.</param>
    /// <param name="wanted">How many rows shall stay; fewer than there are.</param>
    public Choice Choose(int stage, PrefillView view, int wanted)
    {
        int diverse = Share(wanted, DiverseShares[stage]), select = Share(wanted, AttentionShares[stage]);
        int extra = Math.Min(view.VisualCount, Share(select, OverSelection[stage]));
        using CosineTable? table = stage < 2 ? new CosineTable(view.Hidden.Slice(view.VisualStart, view.VisualCount)) : null;
        int[] byDiversity = table is null ? [] : Diverse(table, diverse, []),
            byAttention = ByAttention(LastRow.Scores(view), select, extra, wanted);
        int[] bySpace = stage == 0 ? [.. SpatialSeeds(view, Share(wanted, SpatialShare))] : [];
        int[] united = stage == 1 && options.Reproduce
            ? [.. byAttention, .. byDiversity]
            : [.. byDiversity.Union(byAttention).Union(bySpace).Take(wanted)];
        int[] kept = table is null ? united : Diverse(table, wanted - united.Length, united);
        return new Choice([.. kept.Order()], byDiversity, byAttention, bySpace, kept.Length - united.Length);
    }

    /// <summary>
    /// Max-min diversity of states: the rows that are there already, then always the one farthest from them; without any, first the one
    /// farthest from its nearest.
    /// </summary>
    /// <param name="table">Cosines of all pairs.</param>
    /// <param name="count">How many to add.</param>
    /// <param name="present">Rows that are there already.</param>
    public static int[] Diverse(CosineTable table, int count, int[] present)
    {
        if (count == 0)
            return present;
        int[] start = present.Length > 0 ? present : [TensorPrimitives.IndexOfMax<double>(table.NearestDistances())];
        return GreedySelection.MaxMin(start, present.Length + count, table.Count, table.Distances).Order;
    }

    /// <summary>Of the most attended rows those before a boundary, then the others; causal attention favours late ones.</summary>
    /// <param name="scores"><c>[n]</c>: attention that each row gets.</param>
    /// <param name="select">How many to take.</param>
    /// <param name="extra">Among how many of the most attended.</param>
    /// <param name="boundary">Rows before it come first.</param>
    public static int[] ByAttention(double[] scores, int select, int extra, int boundary)
    {
        int[] candidates = TopK.Largest(scores, extra, EmitBy.Score);
        return [.. candidates.Where(row => row < boundary).Concat(candidates.Where(row => row >= boundary)).Take(select)];
    }

    /// <summary>Max-min diversity on the grid, by city-block distance, beginning with the first of the places.</summary>
    /// <param name="places">Places in a frame, at least one.</param>
    /// <param name="columns">Columns of the frame.</param>
    /// <param name="count">How many to take, at most all.</param>
    /// <returns>Indices into the places.</returns>
    public static int[] Spatial(int[] places, int columns, int count) =>
        count == 0 ? [] : GreedySelection.MaxMin([0], count, places.Length, (item, row) =>
        {
            for (int other = 0; other < places.Length; other++)
                row[other] = Math.Abs(places[item] / columns - places[other] / columns)
                    + Math.Abs(places[item] % columns - places[other] % columns);
        }).Order;

    private static IEnumerable<int> SpatialSeeds(PrefillView view, int count)
    {
        int perFrame = view.Context.Grid.TokensPerFrame, columns = view.Context.Grid.Columns;
        (int Row, int Place)[][] frames = [.. Enumerable.Range(0, view.VisualCount)
            .Select(row => (Row: row, Place: view.PlaceOf(view.VisualStart + row)))
            .Where(token => token.Place >= 0).GroupBy(token => token.Place / perFrame).Select(frame => frame.ToArray())];
        int[] sizes = Array.ConvertAll(frames, frame => frame.Length), budgets = Budgets.InProportion(sizes, Math.Min(count, sizes.Sum()));
        return frames.SelectMany((frame, i) =>
            Spatial(Array.ConvertAll(frame, token => token.Place % perFrame), columns, budgets[i]).Select(seed => frame[seed].Row));
    }

    private static int Share(int count, double share) => Budgets.Round(count * share, Rounding.Floor);

    /// <summary>A choice and what explains it; rows count from the first visual one.</summary>
    /// <param name="Kept">Rows that stay, rising.</param>
    /// <param name="Diverse">Rows chosen by diversity of states, in order.</param>
    /// <param name="Attended">Rows chosen by attention, in order.</param>
    /// <param name="Spatial">Rows chosen by place, in order; in the first cut only.</param>
    /// <param name="Filled">How many were added by diversity to reach the count.</param>
    public sealed record Choice(int[] Kept, int[] Diverse, int[] Attended, int[] Spatial, int Filled);

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>
        /// The three layers before which tokens leave (official: 3, 6, 14 of 32); null for the same shares of the loaded model's depth.
        /// </summary>
        [Parameter("three layers before which tokens leave; auto: as deep as 3, 6, 14 of 32", Minimum = 1)]
        public IReadOnlyList<int>? Layers { get; init; }

        /// <summary>
        /// Layer before which all visual rows leave (official: 22 of 32; the number of layers for never); null for the same share of
        /// the loaded model's depth.
        /// </summary>
        [Parameter("layer before which all visual rows leave; auto: as deep as 22 of 32", Minimum = 1)]
        public int? RemovalLayer { get; init; }

        /// <summary>Visual rows left after each cut (official: 288, 144, 48 of 576); null for what the retention asks.</summary>
        [Parameter("visual rows left after each cut; auto: falling to the retention as the paper's do", Minimum = 0)]
        public IReadOnlyList<int>? KeptTokens { get; init; }

        /// <summary>Repeats tokens that two rules choose in the second cut, as the official code does.</summary>
        [Parameter("as the official code: tokens that two rules choose in the second cut stand twice")]
        public bool Reproduce { get; init; }

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            StageShares.RequireFalling(KeptTokens, "keptTokens");
        }
    }
}
