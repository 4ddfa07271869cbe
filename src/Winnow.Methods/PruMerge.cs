using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// LLaVA-PruMerge and PruMerge+: the tokens that stand out in the class token's attention, each with its nearest neighbours added, and
/// one token for the rest.
/// </summary>
/// <remarks>
/// "LLaVA-PruMerge: Adaptive Token Reduction for Efficient Large Multimodal Models", ICCV 2025, arXiv 2403.15388. Follows
/// 42Shawn/LLaVA-PruMerge, commit 097c041, llava/model/multimodal_encoder/clip_encoder.py.
/// </remarks>
public sealed class PruMerge(PruMerge.Options options) : ITokenReducer
{
    private static readonly SignalNeed Attention =
        SignalNeed.Of(new SignalRequest(Signal.ClassQuery), new SignalRequest(Signal.ReceivedAttention));

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "prumerge",
        Name = "LLaVA-PruMerge",
        Paper = "LLaVA-PruMerge: Adaptive Token Reduction for Efficient Large Multimodal Models, ICCV 2025",
        ArXiv = "2403.15388",
        OfficialCode = "42Shawn/LLaVA-PruMerge 097c041",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Attention,
        ChooseWhen = "attention of the vision tower is peaked; with adaptive on, frames with more to say keep more",
        BudgetRule = "retention * tokens of a frame, to the nearest (halves to even), at least one, one of them for the rest; with ratio"
            + " or adaptive the paper's own count",
        Budget = BudgetPromise.PerFrame,
        Order = PlanOrder.Frame,
        Positions = PositionRule.Compact,
        Averages = false,
        Deviations =
        [
            "The retention decides the count; the official default counts outliers of the attention (adaptive).",
            "Neighbours are added with their raw attention as weight, as in the official code; the paper describes an average.",
            "Tokens merge after the projector; the official code merges before it.",
            "In adaptive mode every frame counts its own outliers, all of them; the official code counts over all frames together and may"
                + " lose one to rounding (reproduce does too).",
            "The evenly spaced places of the plus variant never repeat a token and reach to the end of any grid; the official code repeats"
                + " tokens, and is written for 576 places (reproduce).",
            "Frames of 32 tokens or fewer merge as many neighbours as there are; the official code fails.",
            "Keys and attention are those of the tower's last used layer; the official code takes them one layer after the features.",
            "Towers without a class token (SigLIP) use the mean attention that each place receives, an extension that the"
                + " official code does not have.",
        ],
    };

    /// <summary>Which tokens are selected.</summary>
    public enum Kind
    {
        /// <summary>By attention alone.</summary>
        Base,

        /// <summary>By attention, and evenly spaced ones.</summary>
        Plus,
    }

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs =>
        [Attention, SignalNeed.Wish(new SignalRequest(Signal.ClassKey)), SignalNeed.Of(new SignalRequest(Signal.EncoderKeys))];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int frames, int perFrame) = (input.Grid.Frames, input.Grid.TokensPerFrame);
        TokenMatrix keys = input.Require(Signal.EncoderKeys).AsMatrix();
        double[] attention = input.Find(Signal.ClassQuery) is { } query
            ? AttentionScores.OfClassQuery(query.AsMatrix(), input.Require(Signal.ClassKey).AsMatrix(), keys)
            : AttentionScores.OfPlaces(input.Require(Signal.ReceivedAttention), input.Grid.Count);
        double[] outlierShares = options.Adaptive ? OutlierShares(attention, frames, perFrame) : [];
        var plan = new ReductionPlanBuilder(input.Grid.Count);
        var log = (Selected: new List<int>(), Neighbours: new List<int>(), Others: new List<int>());
        for (int t = 0; t < frames; t++)
        {
            double[] weights = attention[(t * perFrame)..((t + 1) * perFrame)];
            (List<int> selected, bool restToken) = Select(weights, options.Adaptive ? outlierShares[t] : options.Ratio);
            int[] rest = Rest(selected, perFrame);
            RealMatrix similarity = Similarity.Cosines(keys.Slice(t * perFrame, perFrame));
            for (int i = 0; i < selected.Count; i++)
            {
                int[] neighbours = Nearest(similarity[selected[i]], [.. selected.Where((_, other) => other != i), .. rest]);
                Emit(plan, t * perFrame, [selected[i], .. neighbours], weights, 1);
                log.Neighbours.AddRange(neighbours);
            }
            if (restToken && rest.Length > 0)
            {
                int place = rest.MaxBy(other => weights[other]);
                Emit(plan, t * perFrame, [place, .. rest.Where(other => other != place)], weights, weights[place]);
            }
            log.Selected.AddRange(selected);
            log.Others.AddRange(rest);
        }
        return plan.Build(new PlanTrace
        {
            { "attention", attention },
            { "selected", log.Selected.ToArray() },
            { "neighbours", log.Neighbours.ToArray() },
            { "rest", log.Others.ToArray() },
        });
    }

    /// <summary>
    /// The share of each frame's tokens whose attention lies more than 1.5 interquartile ranges above the upper quartile.
    /// </summary>
    private double[] OutlierShares(double[] attention, int frames, int perFrame)
    {
        int groups = options.Reproduce ? 1 : frames, size = options.Reproduce ? attention.Length : perFrame;
        double[] shares = new double[groups];
        for (int g = 0; g < groups; g++)
        {
            double[] sorted = [.. attention.AsSpan(g * size, size)];
            Array.Sort(sorted);
            (double lower, double upper) = (Quantile(sorted, 0.25), Quantile(sorted, 0.75));
            shares[g] = (double)sorted.Count(value => value > upper + 1.5 * (upper - lower)) / size;
        }
        return groups == frames ? shares : [.. Enumerable.Repeat(shares[0], frames)];
    }

    private static double Quantile(double[] sorted, double share)
    {
        double at = share * (sorted.Length - 1);
        int below = (int)at, above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }

    /// <summary>The selected places by falling attention, then the evenly spaced ones; and whether a token for the rest follows.</summary>
    private (List<int> Selected, bool RestToken) Select(double[] weights, double? ratio)
    {
        int places = weights.Length;
        int wanted = ratio is double share
            ? options.Reproduce ? Budgets.Round(places * share, Rounding.Truncate) : Budgets.Round(places * share + 1e-9, Rounding.Floor)
            : Budgets.PerFrame(null, options.Retention, places);
        // A budget of one goes to the best token; the token for the rest is the last to be paid for.
        bool restToken = ratio is not null || wanted > 1;
        int attended = ratio is not null ? wanted : options.Variant == Kind.Base ? wanted - (restToken ? 1 : 0) : wanted / 2;
        var selected = new List<int>(TopK.Largest(weights, Math.Min(places, Math.Max(attended, ratio is null ? 1 : 0)), EmitBy.Score));
        if (options.Variant == Kind.Plus && ratio is double counted)
            AddSpaced(selected, places, counted);
        else if (options.Variant == Kind.Plus && wanted > 1)
            AddEvenly(selected, places, wanted - 1 - selected.Count);
        return (selected, restToken);
    }

    /// <summary>
    /// The paper's spacing: three or so strides for each outlier when adaptive; as many places again when the ratio is fixed.
    /// </summary>
    private void AddSpaced(List<int> selected, int places, double ratio)
    {
        if (ratio <= 0)
            return;
        int step = (int)Math.Min(places, 1 / ratio), end = places - 1;
        if (options.Adaptive)
        {
            for (int place = 0; place < end; place += Math.Max(1, step / 3))
                if (!selected.Contains(place))
                    selected.Add(place);
        }
        else if (options.Reproduce)
        {
            for (int place = step / 2; place < end; place += step)
                selected.Add(place);
        }
        else
        {
            AddEvenly(selected, places, Math.Min(selected.Count, places - selected.Count));
        }
    }

    private static void AddEvenly(List<int> selected, int places, int count)
    {
        int[] free = [.. Enumerable.Range(0, places).Except(selected)];
        selected.AddRange(EvenSpacing.Middles(free.Length, count).Select(i => free[i]));
    }

    /// <summary>
    /// The places that are not selected, ascending. For every repeated one the official complement also loses its lowest place.
    /// </summary>
    private static int[] Rest(List<int> selected, int places) =>
        [.. Enumerable.Range(0, places).Except(selected).Skip(selected.Count - selected.Distinct().Count())];

    private int[] Nearest(ReadOnlySpan<double> similarity, int[] candidates)
    {
        double[] scores = new double[candidates.Length];
        for (int i = 0; i < scores.Length; i++)
            scores[i] = similarity[candidates[i]];
        return Array.ConvertAll(TopK.Largest(scores, Math.Min(options.Neighbours, scores.Length), EmitBy.Score), i => candidates[i]);
    }

    private static void Emit(ReductionPlanBuilder plan, int first, int[] members, double[] attention, double ownWeight)
    {
        float[] weights = Array.ConvertAll(members, member => (float)attention[member]);
        weights[0] = (float)ownWeight;
        plan.Sum(first + members[0], Array.ConvertAll(members, member => first + member), weights, members.Length);
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Which tokens are selected.</summary>
        [Parameter("by attention alone, or evenly spaced ones too")]
        public Kind Variant { get; init; } = Kind.Plus;

        /// <summary>Counts outliers of the attention, in place of the retention.</summary>
        [Parameter("the count follows from outliers of the attention, in place of the retention")]
        public bool Adaptive { get; init; }

        /// <summary>Share of a frame selected by attention; null: from the retention.</summary>
        [Parameter("share of a frame to select by attention, in place of the retention", Minimum = 0, Maximum = 1)]
        public double? Ratio { get; init; }

        /// <summary>Tokens added to each selected one.</summary>
        [Parameter("tokens added to each selected one", Minimum = 0)]
        public int Neighbours { get; init; } = 32;

        /// <summary>Joint counts, repeated places and their loss from the rest, as in the official code.</summary>
        [Parameter("as the official code: one count for all frames, spaced places may repeat")]
        public bool Reproduce { get; init; }
    }
}
