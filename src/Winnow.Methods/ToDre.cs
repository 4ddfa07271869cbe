using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// ToDRE. Before the language model: from the most attended token on, always the token that resembles the chosen ones least. Inside it,
/// late: all visual rows leave where video and text hardly attend to each other any more.
/// </summary>
/// <remarks>
/// "ToDRE: Effective Visual Token Pruning via Token Diversity and Task Relevance", arXiv 2505.18757. No official code is published. Max-sum
/// is the paper's second version, k-centre its first.
/// </remarks>
public sealed class ToDre(ToDre.Options options) : ITokenReducer, IPrefillReducer, IMultiPlaceMethod
{
    private const int OfficialLayer = 7;
    private const int OfficialDepth = 8;
    private const double OfficialShare = 0.10;
    private static readonly PrefillNeeds Everyone = new() { Attention = new AttentionRequest(AttentionQueries.All) };
    private static readonly SignalNeed Attention =
        SignalNeed.Of(new SignalRequest(Signal.ClassAttention), new SignalRequest(Signal.ReceivedAttention));

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "todre",
        Name = "ToDRE",
        Paper = "ToDRE: Effective Visual Token Pruning via Token Diversity and Task Relevance, 2025",
        ArXiv = "2505.18757",
        Places = MethodPlaces.AfterEncoder | MethodPlaces.Prefill,
        Family = MethodFamily.Diversity,
        ChooseWhen = "as divprune, with a start where the vision tower looks; compares all pairs of tokens, so for short videos",
        BudgetRule = "retention * tokens of the whole video, to the nearest whole number, halves to even, at least one; inside the model, "
            + "all or none of them",
        Budget = BudgetPromise.PerFrame,
        Positions = PositionRule.Compact,
        ExtraCost = "inside the model, at one layer, the attention of the text after the video, O(H T S hd), and where that is faint of "
            + "every visual row too, O(H n S hd)",
        Deviations =
        [
            "Inside the model, chosen by this project: both shares of attention are means over heads and rows; the layer in front of 7/8 "
                + "of the depth is looked at; at a retention of 1 no row leaves unless faintShare is given.",
            "No official code is published; the paper was read through abstracts and reading notes.",
            "Chosen by this project: rounding, ties to the lower index, emission by place.",
            "Tokens of zeros resemble nothing and so look diverse; they are chosen only when all others are.",
            "Towers without a class token (SigLIP) start at the place that receives the most attention.",
        ],
    };

    /// <summary>Which token resembles the chosen ones least.</summary>
    public enum Objective
    {
        /// <summary>The smallest sum of similarities.</summary>
        MaxSum,

        /// <summary>The smallest of the largest similarities.</summary>
        KCentre,
    }

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [Attention];

    /// <inheritdoc/>
    public MethodPlaces ActivePlaces => options.Active(Card.Places);

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        double faint = options.FaintShare ?? (options.Parts == MethodParts.InsideModel || options.Retention < 1 ? OfficialShare : 0);
        int layer = LayerDepth.Of(options.InnerLayer ?? Math.Max(1, OfficialLayer * context.Layers / OfficialDepth), 1, 1, context.Layers);
        return new StagedRun(faint > 0 ? [layer] : [], Everyone, (_, view) =>
            TextToVideo(view) < faint && VideoToText(view) < faint ? PrefillStep.KeepVisual(view, []) : null);
    }

    /// <summary>
    /// Attention that a row of the text after the video pays to the video; mean over heads and rows. That of the last row where no text
    /// follows.
    /// </summary>
    /// <param name="view">The sequence, with the attention of all rows.</param>
    public static double TextToVideo(PrefillView view) =>
        ReceivedAttention.Mean(view.Attention!, view.VisualStart, view.VisualCount, Rows(Math.Min(view.VisualEnd, view.Count - 1), view.Count)).Sum();

    /// <summary>Attention that a visual row pays to the text, which can only be that before the video; mean over heads and rows.</summary>
    /// <param name="view">The sequence, with the attention of all rows.</param>
    public static double VideoToText(PrefillView view) => view.VisualStart == 0 || view.VisualCount == 0 ? 0
        : ReceivedAttention.Mean(view.Attention!, 0, view.VisualStart, Rows(view.VisualStart, view.VisualEnd)).Sum();

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        int tokens = input.Grid.Count;
        int budget = Math.Max(1, Budgets.Round(options.Retention * tokens, Rounding.HalfEven));
        double[] attention = AttentionScores.OfPlaces(input.Require(Attention), tokens);
        using var table = new CosineTable(input.Features, input.Parallel);
        int[] zeros = [.. Enumerable.Range(0, tokens).Where(token => table.Product(token, token) == 0)];
        foreach (int token in zeros)
            attention[token] = double.NegativeInfinity;
        int pivot = TensorPrimitives.IndexOfMax<double>(attention);
        int[] picks = options.Goal == Objective.MaxSum
            ? GreedySelection.MaxSum(pivot, budget, tokens, (item, row) => Penalized(table.Similarities, item, row, zeros, tokens)).Order
            : GreedySelection.MaxMin([pivot], budget, tokens, (item, row) => Penalized(table.Distances, item, row, zeros, -tokens)).Order;
        return ReductionPlan.Keep([.. picks.Order()], tokens, new PlanTrace { { "picks", picks } });
    }

    private static int[] Rows(int first, int end) => [.. Enumerable.Range(first, end - first)];

    private static void Penalized(PairValues values, int item, Span<double> row, int[] zeros, double value)
    {
        values(item, row);
        foreach (int token in zeros)
            row[token] = value;
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : MultiPlaceOptions
    {
        /// <summary>Which token resembles the chosen ones least.</summary>
        [Parameter("which token resembles the chosen ones least: by the sum of similarities, or by the largest")]
        public Objective Goal { get; init; } = Objective.MaxSum;

        /// <summary>Layer of the language model before which the visual rows may leave (paper: 7/8 of the depth); null for that.</summary>
        [Parameter("layer of the language model before which the visual rows may leave; auto: 7/8 of the depth", Minimum = 1)]
        public int? InnerLayer { get; init; }

        /// <summary>
        /// They leave where both shares of attention lie below this (paper: 0.10); null for that, or 0 at a retention of 1.
        /// </summary>
        [Parameter(
            "they leave where both shares of attention lie below this; auto: 0.1, or 0 at a retention of 1",
            Symbol = "tau", Minimum = 0, Maximum = 1)]
        public double? FaintShare { get; init; }
    }
}
