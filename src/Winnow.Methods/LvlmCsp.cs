using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// LVLM_CSP: the first layers see a few visual rows, the middle ones all of them, the last ones those that the last prompt
/// token attends to most.
/// </summary>
/// <remarks>
/// "LVLM_CSP: Accelerating Large Vision Language Models via Clustering, Scattering, and Pruning for Reasoning Segmentation", arXiv
/// 2504.10854. No official code is published; of the paper the abstract and a review were read.
/// </remarks>
public sealed class LvlmCsp(LvlmCsp.Options options) : IPrefillReducer
{
    private const int ChosenDepth = 4;
    private static readonly int[] ChosenLayers = [1, 2];

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "lvlm-csp",
        Name = "LVLM_CSP",
        Paper =
            "LVLM_CSP: Accelerating Large Vision Language Models via Clustering, Scattering, and Pruning for Reasoning Segmentation, 2025",
        ArXiv = "2504.10854",
        Places = MethodPlaces.Prefill,
        Family = MethodFamily.Query,
        ChooseWhen = "details shall be seen by some layers, whatever the cut: few rows, all rows, few rows",
        BudgetRule = "retention is the share of the visual rows left in the last layers, to the nearest, halves to even; the first layers"
            + " see as many, at least one, unless coarseTokens says otherwise; the middle ones see all",
        Budget = BudgetPromise.Rounded,
        Positions = PositionRule.Original,
        ExtraCost = "one attention row per head in one layer, O(H S hd); the states of the waiting rows are kept",
        Deviations =
        [
            "No official code is published, and the paper's method sections were not read.",
            "From the paper: few, all, few; places i * floor(N / Nc), or random ones, in the first layers; the attention of the token that"
                + " asks in the last of the middle layers.",
            "Chosen by this project: stages that end at a quarter and a half of the depth, equal counts in the first and the last, the"
                + " mean over heads, the last prompt row in place of the segmentation token, positions kept, waiting rows without entries"
                + " in the first layers' caches.",
            "The clusterings by class attention and by segments are left out: they need a tower with a class token, or a segmenter.",
        ],
    };

    /// <summary>How the rows of the first layers are picked.</summary>
    public enum Picking
    {
        /// <summary>In equal steps; the tail that no step reaches is not seen.</summary>
        Uniform,

        /// <summary>By chance, from the seed.</summary>
        Random,
    }

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        int[] ends = LayerDepth.Of(options.Layers, ChosenLayers, ChosenDepth, context.Layers);
        StageShares.RequireOneEach(ends.Length, ChosenLayers.Length, "ends of stages");
        return new Run(options, ends, Budgets.Round(options.Retention * context.VisualCount, Rounding.HalfEven));
    }

    /// <summary>The visual rows that the first layers see, counted from 0, rising.</summary>
    /// <param name="rows">Visual rows.</param>
    /// <param name="count">How many to pick, 1 to <paramref name="rows"/>.</param>
    public int[] Pick(int rows, int count)
    {
        if (options.Mode == Picking.Uniform)
            return [.. Enumerable.Range(0, count).Select(i => i * (rows / count))];
        int[] places = [.. Enumerable.Range(0, rows)];
        new Random(options.Seed).Shuffle(places);
        return [.. places.Take(count).Order()];
    }

    private sealed class Run(Options options, int[] ends, int fine) : IPrefillRun
    {
        private bool _waiting;

        public PrefillNeeds? NeedsAt(PrefillPoint point) => point.Moment != PrefillMoment.BeforeLayer ? null
            : point.Layer == 0 || (point.Layer == ends[0] && _waiting) ? PrefillNeeds.States
            : point.Layer == ends[1] ? LastRow.Needs : null;

        public PrefillStep? Decide(PrefillView view)
        {
            if (view.Point.Layer == 0)
                return Cluster(view);
            return view.Point.Layer == ends[0]
                ? PrefillStep.KeepVisual(view, Enumerable.Range(view.VisualStart, view.VisualCount)) with { ReturnsParked = true }
                : LastRow.KeepMostAttended(view, fine);
        }

        private PrefillStep? Cluster(PrefillView view)
        {
            int coarse = options.CoarseTokens ?? Math.Max(1, fine);
            if (coarse >= view.VisualCount)
                return null;
            _waiting = true;
            int[] seen = [.. new LvlmCsp(options).Pick(view.VisualCount, coarse).Select(row => view.VisualStart + row)];
            return PrefillStep.KeepVisual(view, seen) with
            {
                Parked = [.. Enumerable.Range(view.VisualStart, view.VisualCount).Except(seen)],
            };
        }
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>
        /// The layer before which all rows come back, and the one before which most leave; null for a quarter and a half of the depth.
        /// </summary>
        [Parameter(
            "the layer before which all rows come back, and the one before which most leave; auto: a quarter and a half of the depth",
            Minimum = 1)]
        public IReadOnlyList<int>? Layers { get; init; }

        /// <summary>Rows that the first layers see; null for as many as the last.</summary>
        [Parameter("rows that the first layers see; auto: as many as the last", Symbol = "Nc", Minimum = 1)]
        public int? CoarseTokens { get; init; }

        /// <summary>How those are picked.</summary>
        [Parameter("how the rows of the first layers are picked")]
        public Picking Mode { get; init; } = Picking.Uniform;

        /// <summary>Seed of random picks.</summary>
        [Parameter("seed of random picks")]
        public int Seed { get; init; }
    }
}
