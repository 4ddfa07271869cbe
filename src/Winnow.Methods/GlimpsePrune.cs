using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// GlimpsePrune, its variant without trained parts: after a middle layer, the visual rows that the last prompt token attends to most stay,
/// in all layers' caches too.
/// </summary>
/// <remarks>
/// "A Glimpse to Compress: Dynamic Visual Token Pruning for Large Vision-Language Models", arXiv 2508.01548; HVision-NKU/GlimpsePrune at
/// 091a3d57, AttnFuserDummy, _get_remain_masks and _reduce_tokens. The paper's predictor and its glimpse token are trained;
/// <see cref="Select"/> takes what such a predictor would give.
/// </remarks>
public sealed class GlimpsePrune(GlimpsePrune.Options options) : IPrefillReducer
{
    private const int OfficialLayer = 19;
    private const int OfficialDepth = 28;

    // Added to the range of the map, as the official code does.
    private const double SmallestRange = 1e-6;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "glimpseprune",
        Name = "GlimpsePrune (plain map)",
        Paper = "A Glimpse to Compress: Dynamic Visual Token Pruning for Large Vision-Language Models, 2025",
        ArXiv = "2508.01548",
        OfficialCode = "HVision-NKU/GlimpsePrune 091a3d576e510b7d997abb2fd8ad39debc318377",
        Places = MethodPlaces.Prefill,
        Family = MethodFamily.Query,
        ChooseWhen = "memory while decoding matters most: one cut deep in the model also empties the caches of the layers before",
        BudgetRule = "retention is the largest share of the visual rows that stays: floor(retention * rows), fewer where fewer pass the"
            + " threshold, at least minKeep",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Original,
        ExtraCost = "one attention row per head in one layer, O(H S hd), and a copy of the caches that are cut",
        Deviations =
        [
            "The predictor is trained and its weights are not part of this build: the official plain map takes its place, and the last"
                + " prompt token that of the glimpse token.",
            "With the plain map all rows but the lowest pass the threshold, as officially, since its values go through a sigmoid;"
                + " the retention decides.",
            "The frames of a video share one cap; the official code knows pictures only. Corners that always stay"
                + " are those of every frame.",
            "The layer is the same share of the depth as that behind the official 18 of 28, unless given.",
        ],
    };

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        int layer = LayerDepth.Of(options.Layer, OfficialLayer, OfficialDepth, context.Layers);
        return new StagedRun([layer], LastRow.Needs, (_, view) =>
        {
            if (options.Retention == 1)
                return null;
            int[] rows = Select(Array.ConvertAll(PlainMap(GeometricMean(view)), Sigmoid), row => IsAnchor(view, view.VisualStart + row));
            PrefillStep step = PrefillStep.KeepVisual(view, rows.Select(row => view.VisualStart + row));
            return step with { CacheCuts = [new CacheCut(0, layer, step.Plan.Places)] };
        });
    }

    /// <summary>The plain map: scores carried to 0 to 1 by their range; zeros where all are equal.</summary>
    /// <param name="attention"><c>[n]</c>: attention that each visual row gets, averaged over heads as logarithms.</param>
    public static double[] PlainMap(double[] attention)
    {
        (double lowest, double highest) = (attention.Min(), attention.Max());
        return Array.ConvertAll(attention, value => (value - lowest) / (highest - lowest + SmallestRange));
    }

    /// <summary>
    /// Which rows stay, rising: those above the threshold, at most the retention's share, at least <see cref="Options.MinKeep"/>, and
    /// those that always stay.
    /// </summary>
    /// <param name="probabilities"><c>[n]</c>: how likely each visual row is needed, 0 to 1.</param>
    /// <param name="always">Rows that stay whatever their probability.</param>
    public int[] Select(double[] probabilities, Func<int, bool> always)
    {
        int count = probabilities.Length, most = Budgets.Round(options.Retention * count, Rounding.Floor);
        int[] kept = [.. Enumerable.Range(0, count).Where(row => probabilities[row] > options.Threshold)];
        if (kept.Length > most)
            kept = TopK.Largest(probabilities, most, EmitBy.Place);
        if (kept.Length < options.MinKeep)
            kept = [.. kept.Union(TopK.Largest(probabilities, Math.Min(count, options.MinKeep), EmitBy.Place))];
        return [.. kept.Union(Enumerable.Range(0, count).Where(always)).Order()];
    }

    /// <summary>1 / (1 + exp(-x)).</summary>
    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double[] GeometricMean(PrefillView view)
    {
        AttentionView attention = view.Attention!;
        float[] row = new float[attention.Heads * attention.Keys];
        attention.Read(attention.Queries - 1, row);
        double[] logarithms = new double[view.VisualCount];
        for (int head = 0; head < attention.Heads; head++)
            for (int i = 0; i < logarithms.Length; i++)
                logarithms[i] += Math.Log(row[head * attention.Keys + view.VisualStart + i]) / attention.Heads;
        return Array.ConvertAll(logarithms, Math.Exp);
    }

    private bool IsAnchor(PrefillView view, int row)
    {
        int place = view.PlaceOf(row) is >= 0 and int inGrid ? inGrid % view.Context.Grid.TokensPerFrame : -1;
        (int rows, int columns) = (view.Context.Grid.Rows, view.Context.Grid.Columns);
        return options.Anchors && (place == 0 || place == columns - 1 || place == (rows - 1) * columns || place == rows * columns - 1);
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>
        /// First layer that runs on the short sequence (official: 19 of 28); the caches of all before are cut too. Null for the same share
        /// of the loaded model's depth.
        /// </summary>
        [Parameter("first layer that runs on the short sequence; auto: as deep as 19 of 28", Minimum = 1)]
        public int? Layer { get; init; }

        /// <summary>Rows of a larger probability stay.</summary>
        [Parameter("rows of a larger probability stay", Minimum = 0, Maximum = 1)]
        public double Threshold { get; init; } = 0.5;

        /// <summary>How many rows stay at least.</summary>
        [Parameter("how many rows stay at least", Minimum = 0)]
        public int MinKeep { get; init; } = 1;

        /// <summary>Whether the four corners of every frame always stay.</summary>
        [Parameter("whether the four corners of every frame always stay")]
        public bool Anchors { get; init; }
    }
}
