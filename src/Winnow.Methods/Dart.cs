using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// DART: around a few pivots, the rows with the largest keys, the visual tokens least similar to them stay; what duplicates them leaves.
/// </summary>
/// <remarks>
/// "Stop Looking for Important Tokens in Multimodal Language Models: Duplication Matters More", EMNLP 2025, arXiv 2502.11494;
/// ZichenWen1/DART at 5a19452f, read through the fork xqy1111111/DART, get_retained_image_token.
/// </remarks>
public sealed class Dart(Dart.Options options) : IPrefillReducer
{
    private const int OfficialLayer = 2;
    private const int OfficialDepth = 32;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "dart",
        Name = "DART",
        Paper = "Stop Looking for Important Tokens in Multimodal Language Models: Duplication Matters More, EMNLP 2025",
        ArXiv = "2502.11494",
        OfficialCode = "ZichenWen1/DART 5a19452fc173017191c247848673e0bde755695a",
        Places = MethodPlaces.Prefill,
        Family = MethodFamily.Diversity,
        ChooseWhen = "a cut inside the language model without any attention map",
        BudgetRule = "retention is the share of the visual rows left after its one cut, in whole rounds: Pi + (Pi + Pt) * trunc(retention"
            + " * rows / (Pi + Pt)) for Pi image and Pt text pivots; removedShare or keptTokens override",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Original,
        ExtraCost = "key norms, O(S H hd), and cosines of every visual row with the pivots, O((Pi + Pt) n D); no attention",
        Deviations =
        [
            "Fewer rows than pivots ask for: all there are; the official code fails. Equal cosines go to the earlier row.",
            "The layer is the same share of the depth as the official 2 of 32, unless given.",
        ],
    };

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context) =>
        new StagedRun(
            [LayerDepth.Of(options.Layer, OfficialLayer, OfficialDepth, context.Layers)],
            new PrefillNeeds { Keys = true }, (_, view) => Keep(view));

    private PrefillStep? Keep(PrefillView view)
    {
        Choice choice = Choose(view);
        return choice.Retained.Count == view.VisualCount ? null : PrefillStep.KeepVisual(view, choice.Retained);
    }

    /// <summary>Which rows stay, and why.</summary>
    /// <param name="view">The sequence before the layer, with the keys of the one in front.</param>
    public Choice Choose(PrefillView view)
    {
        double[] norms = [.. Enumerable.Range(0, view.Count).Select(row => KeyNorm(view.Keys!.Value[row]))];
        int[] image = Largest(norms, view.VisualStart, view.VisualCount, options.ImagePivots),
            text = Largest(norms, view.VisualEnd, view.Count - view.VisualEnd, options.TextPivots);
        int[] order = HashOrder.Of([.. image, .. text]);
        int perPivot = PerPivot(view.VisualCount);
        var likeness = new Likeness(view);
        List<int> candidates = [.. Enumerable.Range(view.VisualStart, view.VisualCount).Except(image)];
        var picks = new List<int[]>();
        foreach (int pivot in order)
        {
            int[] taken = Array.ConvertAll(
                TopK.Smallest(likeness.To(pivot, candidates), Math.Min(perPivot, candidates.Count), EmitBy.Place), i => candidates[i]);
            candidates.RemoveAll(taken.Contains);
            picks.Add(taken);
        }
        return new Choice(norms, image, text, order, picks, [.. image.Concat(picks.SelectMany(taken => taken)).Order()]);
    }

    /// <summary>Step 2.</summary>
    private int PerPivot(int rows)
    {
        int pivots = options.ImagePivots + options.TextPivots;
        if (options.KeptTokens is { } kept)
            return Math.Max(0, Math.Min(kept, rows - options.ImagePivots)) / pivots;
        if (options.RemovedShare is null && options.Retention >= 1)
            return rows;
        return Budgets.Round(rows * (options.RemovedShare is { } removed ? 1 - removed : options.Retention) / pivots, Rounding.Truncate);
    }

    private static double KeyNorm(ReadOnlySpan<float> keys)
    {
        double sum = 0;
        foreach (float key in keys)
            sum += Math.Abs((double)key);
        return sum;
    }

    private static int[] Largest(double[] norms, int first, int count, int wanted) =>
        Array.ConvertAll(TopK.Largest(norms.AsSpan(first, count), Math.Min(wanted, count), EmitBy.Score), row => first + row);

    /// <summary>
    /// Steps 1 and 6: cosines of rows after the model's last norm; the norm's scale of a row does not change them, its weight does.
    /// </summary>
    private sealed class Likeness
    {
        private readonly PrefillView _view;
        private readonly double[] _squares;
        private readonly double[] _norms;

        public Likeness(PrefillView view)
        {
            (_view, _squares) = (view, Array.ConvertAll(view.Context.FinalNorm.ToArray(), weight => (double)weight * weight));
            _norms = [.. Enumerable.Range(0, view.Count).Select(row => Math.Sqrt(Product(row, Weighted(row))))];
        }

        public double[] To(int pivot, IReadOnlyList<int> rows)
        {
            double[] weighted = Weighted(pivot);
            return [.. rows.Select(row => _norms[pivot] * _norms[row] is > 0 and var norms ? Product(row, weighted) / norms : 0)];
        }

        private double[] Weighted(int row)
        {
            ReadOnlySpan<float> state = _view.Hidden[row];
            double[] weighted = new double[state.Length];
            for (int i = 0; i < weighted.Length; i++)
                weighted[i] = _squares[i] * state[i];
            return weighted;
        }

        private double Product(int row, double[] weighted)
        {
            ReadOnlySpan<float> state = _view.Hidden[row];
            double sum = 0;
            for (int i = 0; i < weighted.Length; i++)
                sum += weighted[i] * state[i];
            return sum;
        }
    }

    /// <summary>A choice and what explains it; rows count in the whole sequence.</summary>
    /// <param name="KeyNorms"><c>[S]</c>: sum of the absolute keys of each row.</param>
    /// <param name="ImagePivots">Visual pivots by falling norm.</param>
    /// <param name="TextPivots">Text pivots by falling norm.</param>
    /// <param name="PivotOrder">The order in which the pivots take tokens.</param>
    /// <param name="Picks">What each pivot takes, rising.</param>
    /// <param name="Retained">Visual rows that stay, rising.</param>
    public sealed record Choice(
        double[] KeyNorms, int[] ImagePivots, int[] TextPivots, int[] PivotOrder, IReadOnlyList<int[]> Picks, IReadOnlyList<int> Retained);

    /// <summary>Parameters; the defaults are the official ones.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>
        /// First layer that runs on the short sequence (official: 2 of 32); null for the same share of the loaded model's depth.
        /// </summary>
        [Parameter("first layer that runs on the short sequence; auto: as deep as layer 2 of 32", Symbol = "K", Minimum = 1)]
        public int? Layer { get; init; }

        /// <summary>Visual rows with the largest keys.</summary>
        [Parameter("pivots among the visual rows", Minimum = 1)]
        public int ImagePivots { get; init; } = 4;

        /// <summary>Rows of the text after the video with the largest keys.</summary>
        [Parameter("pivots among the rows of the text after the video", Minimum = 0)]
        public int TextPivots { get; init; } = 4;

        /// <summary>
        /// Share of the visual rows that leave, before rounding to whole rounds (official: 0.778); null for what the retention asks.
        /// </summary>
        [Parameter("share of the visual rows that leave; auto: what the retention asks", Symbol = "r", Minimum = 0, Maximum = 1)]
        public double? RemovedShare { get; init; }

        /// <summary>
        /// Tokens that the pivots take together, in whole rounds (official: 128 for LLaVA-1.5, 320 for LLaVA-NeXT); null
        /// for what the shares ask.
        /// </summary>
        [Parameter("tokens that the pivots take together; auto: what the shares ask", Symbol = "M", Minimum = 0)]
        public int? KeptTokens { get; init; }
    }
}
