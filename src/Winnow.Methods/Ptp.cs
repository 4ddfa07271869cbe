using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// PTP: frames share the budget by how much the vision tower looks at them; in each, the tower's attention and that of the question in an
/// early layer decide together.
/// </summary>
/// <remarks>
/// "Pyramid Token Pruning for High-Resolution Large Vision-Language Models via Region, Token, and Instruction-Guided Importance", arXiv
/// 2509.15704. No official code is published; abstracts, openings and a third party's re-implementation were read.
/// </remarks>
public sealed class Ptp(Ptp.Options options) : ITokenReducer, IPrefillReducer, IMultiPlaceMethod
{
    private const int OfficialLayer = 3;
    private const int OfficialDepth = 28;

    // Added to the sum that saliencies are divided by, as the re-implementation does.
    private const double SmallestSum = 1e-9;
    private const string Received = "received";
    private static readonly SignalNeed Attention =
        SignalNeed.Of(new SignalRequest(Signal.ClassAttention), new SignalRequest(Signal.ReceivedAttention));
    private static readonly PrefillNeeds Question = new() { Attention = new AttentionRequest(AttentionQueries.TextAfterVideo) };

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "ptp",
        Name = "PTP",
        Paper = "Pyramid Token Pruning for High-Resolution Large Vision-Language Models via Region, Token, and"
            + " Instruction-Guided Importance, 2025",
        ArXiv = "2509.15704",
        Places = MethodPlaces.AfterEncoder | MethodPlaces.Prefill,
        Family = MethodFamily.Query,
        ChooseWhen = "what the tower sees and what the question asks shall both count, and frames with more to see shall keep more",
        BudgetRule = "all tokens enter; behind an early layer max(1, floor(retention * tokens)) are left, shared among frames by"
            + " saliency; newline rows stay",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Original,
        ExtraCost = "inside the model the attention of the text after the video in one layer, O(H T S hd)",
        Deviations =
        [
            "No official code is published: region budgets, the maximum over the text's rows and the ways of rounding are those of a third"
                + " party's re-implementation; frames stand for tiles.",
            "Chosen by this project: a frame's surplus goes on to the next, positions kept, ties to the lower index.",
            "Where the part before the model does not act, the tower's attention is not there: frames share equally and the"
                + " question alone decides.",
            "Towers without a class token (SigLIP) use the mean attention that each place receives.",
            "The layer is the same share of the depth as that behind layer 2 of 28, unless given.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [Attention];

    /// <inheritdoc/>
    public MethodPlaces ActivePlaces => options.Active(Card.Places);

    /// <summary>Lets every token go on, and notes the tower's attention for the cut inside the model.</summary>
    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        int[] all = [.. Enumerable.Range(0, input.Grid.Count)];
        return ReductionPlan.Keep(
            all, all.Length, new PlanTrace { { Received, AttentionScores.OfPlaces(input.Require(Attention), all.Length) } });
    }

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context) =>
        new StagedRun([LayerDepth.Of(options.Layer, OfficialLayer, OfficialDepth, context.Layers)], Question, (_, view) =>
        {
            int[] rows = [.. Enumerable.Range(view.VisualStart, view.VisualCount).Where(row => view.PlaceOf(row) >= 0)];
            int[] newlines = [.. Enumerable.Range(view.VisualStart, view.VisualCount).Except(rows)];
            double[] received = options.Parts == MethodParts.All && context.Plan?.Trace.Find<double>(Received) is { } noted
                ? [.. rows.Select(row => noted[view.PlaceOf(row)])]
                : new double[rows.Length];
            int[] kept = Choose(
                received, FromQuestion(view, rows), [.. rows.Select(row => view.PlaceOf(row) / context.Grid.TokensPerFrame)]);
            return kept.Length == rows.Length ? null : PrefillStep.KeepVisual(view, kept.Select(row => rows[row]).Concat(newlines));
        });

    /// <summary>Which tokens stay, rising.</summary>
    /// <param name="received"><c>[n]</c>: attention in the vision tower.</param>
    /// <param name="asked"><c>[n]</c>: attention of the question.</param>
    /// <param name="frames"><c>[n]</c>: each token's frame, never falling.</param>
    public int[] Choose(double[] received, double[] asked, int[] frames)
    {
        int total = Math.Max(1, Budgets.Round(options.Retention * received.Length, Rounding.Floor));
        double[] b = Range01(received), c = Range01(asked);
        double[] scores = [.. b.Zip(c, (seen, question) => (1 - options.Alpha) * seen + options.Alpha * question)];
        int[][] tokens = [.. Enumerable.Range(0, frames.Length).GroupBy(i => frames[i]).Select(frame => frame.ToArray())];
        int[] budgets = Shares(
            [.. tokens.Select(frame => frame.Average(i => received[i]))], Array.ConvertAll(tokens, frame => frame.Length), total);
        int[] kept = [.. tokens.SelectMany((frame, f) =>
            TopK.Largest(frame.Select(i => scores[i]).ToArray(), budgets[f], EmitBy.Place).Select(i => frame[i]))];
        // More frames than tokens: every frame has one, and those that the tower looks at least leave again.
        return kept.Length <= total ? kept : [.. TopK.Largest(kept.Select(i => b[i]).ToArray(), total, EmitBy.Place).Select(i => kept[i])];
    }

    /// <summary>
    /// Step 2: at least one for each, by saliency, rounded down; what is left one by one in falling saliency, to frames that have room.
    /// </summary>
    private static int[] Shares(double[] saliency, int[] sizes, int total)
    {
        double sum = saliency.Sum() + SmallestSum;
        int[] shares = [.. saliency.Select((value, f) =>
            Math.Min(sizes[f], Math.Max(1, Budgets.Round(total * value / sum, Rounding.Floor))))];
        int left = total - shares.Sum();
        while (left > 0)
            foreach (int frame in TopK.Largest(saliency, saliency.Length, EmitBy.Score))
                if (left > 0 && shares[frame] < sizes[frame])
                    (shares[frame], left) = (shares[frame] + 1, left - 1);
        return shares;
    }

    /// <summary>Step 4: the most that any row of the text after the video attends to each, mean over heads.</summary>
    private static double[] FromQuestion(PrefillView view, int[] rows)
    {
        double[] most = new double[rows.Length];
        for (int query = 0; query < view.Attention!.Queries; query++)
        {
            double[] mean = ReceivedAttention.Mean(view.Attention, 0, view.Count, [query]);
            for (int i = 0; i < most.Length; i++)
                most[i] = Math.Max(most[i], mean[rows[i]]);
        }
        return most;
    }

    private static double[] Range01(double[] values)
    {
        double low = TensorPrimitives.Min<double>(values), range = TensorPrimitives.Max<double>(values) - low;
        return Array.ConvertAll(values, value => range > 0 ? (value - low) / range : 0);
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : MultiPlaceOptions
    {
        /// <summary>Weight of the question's attention against the tower's.</summary>
        [Parameter("weight of the question's attention against the tower's", Symbol = "alpha", Minimum = 0, Maximum = 1)]
        public double Alpha { get; init; } = 0.5;

        /// <summary>
        /// First layer that runs on the short sequence; null for the same share of the loaded model's depth as layer 3 of 28.
        /// </summary>
        [Parameter("first layer that runs on the short sequence; auto: as deep as layer 3 of 28", Minimum = 1)]
        public int? Layer { get; init; }
    }
}
