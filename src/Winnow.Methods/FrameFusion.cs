using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// FrameFusion: in the first layers, visual rows of the same place in consecutive frames that are alike are averaged, again and again; when
/// few are left that are, what is still too much leaves by the attention of the last prompt token.
/// </summary>
/// <remarks>
/// "FrameFusion: Combining Similarity and Importance for Video Token Reduction on Large Vision Language Models", ICCV 2025, arXiv
/// 2501.01986; thu-nics/FrameFusion at fbec1d2e, framefusion/main.py.
/// </remarks>
public sealed class FrameFusion(FrameFusion.Options options) : IPrefillReducer
{
    private const double OtherPlace = -2;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "framefusion",
        Name = "FrameFusion",
        Paper = "FrameFusion: Combining Similarity and Importance for Video Token Reduction on Large Vision Language Models, ICCV 2025",
        ArXiv = "2501.01986",
        OfficialCode = "thu-nics/FrameFusion fbec1d2e6bd383361c2c87ca13e73f80a8c1a9e9",
        Places = MethodPlaces.Prefill,
        Family = MethodFamily.Temporal,
        ChooseWhen = "videos whose content repeats from frame to frame, without any signal of the tower",
        BudgetRule = "retention is the average share of the visual rows over the layers; how many leave where follows from what is alike",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Original,
        ExtraCost = "in each of the first layers cosines of neighbouring rows, O(n D); once one attention row per head, O(H S hd)",
        Deviations =
        [
            "The budget counts the loaded model's layers; the official code always counts 28. Nothing is done after the"
                + " last layer's attention.",
            "A budget that the first layers have used up keeps no visual row; the official code fails. A row of zeros has cosine 0;"
                + " officially it is not a number.",
            "A newline vector is a place of its own, by the row that it closes.",
        ],
    };

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context) =>
        options.Cost is null && options.Retention >= 1 ? StagedRun.Nothing : new Fusion(options, context);

    /// <summary>One prompt: what was merged so far, and what is still to be done.</summary>
    private sealed class Fusion(Options options, PrefillContext context) : IPrefillRun
    {
        private static readonly PrefillNeeds Attention = new() { Attention = new AttentionRequest(AttentionQueries.Last) };
        private readonly List<double> _shares = [];
        private readonly int[] _types = TypesOf(context);
        private bool _isMerged;
        private bool _isPruned;

        public PrefillNeeds? NeedsAt(PrefillPoint point)
        {
            bool isCall = point.Moment == PrefillMoment.AfterAttention ? point.Layer < context.Layers - 1 : point.Layer == 0;
            return !isCall || _isPruned ? null : _isMerged ? Attention : PrefillNeeds.States;
        }

        public PrefillStep? Decide(PrefillView view) => view.VisualCount == 0 ? null : _isMerged ? Prune(view) : Merge(view);

        /// <summary>Places inside a frame; newline vectors behind them, by the row that they close.</summary>
        private static int[] TypesOf(PrefillContext context)
        {
            int[] types = new int[context.VisualCount];
            int closed = 0;
            for (int row = 0; row < types.Length; row++)
            {
                if (context.Places[row] >= 0)
                    closed = context.Grid.TokensPerFrame + context.Grid.PlaceOf(context.Places[row]) / context.Grid.Columns;
                types[row] = context.Places[row] >= 0 ? context.Grid.PlaceOf(context.Places[row]) : closed;
            }
            return types;
        }

        /// <summary>The share that must leave now, so that the average over all layers meets the cost.</summary>
        private double RequiredShare()
        {
            int layers = options.LayerCount ?? context.Layers;
            double left = 1, used = 0;
            foreach (double share in _shares)
                used += left *= 1 - share;
            double rest = Math.Max(0, layers * (options.Cost ?? options.Retention) - used);
            double still = rest / ((layers - _shares.Count) * left);
            return still > 1 ? 0 : 1 - still;
        }

        private PrefillStep Merge(PrefillView view)
        {
            int[] order = [.. Enumerable.Range(view.VisualStart, view.VisualCount).OrderBy(TypeOf)];
            double[] similarity = new double[order.Length];
            for (int i = 0; i < order.Length; i++)
                similarity[i] = i > 0 && TypeOf(order[i]) == TypeOf(order[i - 1])
                    ? Similarity.Cosine(view.Hidden[order[i - 1]], view.Hidden[order[i]])
                    : OtherPlace;
            int[] alike = [.. Enumerable.Range(0, order.Length).Where(i => similarity[i] >= options.SimilarityFloor)];
            double share = (double)alike.Length / order.Length, required = RequiredShare();
            int[] merged = alike;
            if (share < required)
            {
                _shares.Add(share);
                _isMerged = share < options.ShareFloor || alike.Length == 0;
            }
            else
            {
                merged = TopK.Largest(similarity, Budgets.Round(required * order.Length, Rounding.Truncate), EmitBy.Place);
                _isMerged = _isPruned = true;
            }
            var trace = new PlanTrace
            {
                { "required", new[] { required } },
                { "order", order },
                { "similarity", similarity },
                { "merged", merged }
            };
            return new PrefillStep(Average(view, order, merged, trace));

            int TypeOf(int row) => _types[view.Origins[row] - view.VisualStart];
        }

        /// <summary>Every run of merged positions goes into the row before it.</summary>
        private static ReductionPlan Average(PrefillView view, int[] order, int[] merged, PlanTrace trace)
        {
            var joining = new Dictionary<int, List<int>>();
            var leaving = new HashSet<int>();
            int root = -1;
            for (int i = 0; i < merged.Length; i++)
            {
                if (i == 0 || merged[i] != merged[i - 1] + 1)
                    joining[root = order[merged[i] - 1]] = [root];
                joining[root].Add(order[merged[i]]);
                leaving.Add(order[merged[i]]);
            }
            var plan = new ReductionPlanBuilder(view.Count);
            for (int row = 0; row < view.Count; row++)
                if (joining.TryGetValue(row, out List<int>? members))
                    plan.Mean(row, members.ToArray());
                else if (!leaving.Contains(row))
                    plan.Keep(row);
            return plan.Build(trace);
        }

        private PrefillStep? Prune(PrefillView view)
        {
            _isPruned = true;
            double required = RequiredShare();
            return LastRow.KeepMostAttended(
                view, Budgets.Round(view.VisualCount * (1 - required), Rounding.HalfEven),
                new PlanTrace { { "required", new[] { required } } });
        }
    }

    /// <summary>Parameters; the defaults are those for LLaVA-Video.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Wanted average share of the visual rows over the layers (official: 0.3); null for the retention.</summary>
        [Parameter("wanted average share over the layers; auto: the retention",
            Symbol = "c", Minimum = 0, Maximum = 1, MinimumIsExcluded = true)]
        public double? Cost { get; init; }

        /// <summary>Rows at least so similar are merged.</summary>
        [Parameter("rows at least so similar are merged", Minimum = -1, Maximum = 1)]
        public double SimilarityFloor { get; init; } = 0.6;

        /// <summary>Merging ends when a smaller share of the visual rows was merged in a layer.</summary>
        [Parameter("merging ends when a smaller share was merged in a layer", Minimum = 0, Maximum = 1)]
        public double ShareFloor { get; init; } = 0.1;

        /// <summary>Layers that the budget counts (official: 28, whatever the model); null for the loaded model's.</summary>
        [Parameter("layers that the budget counts; auto: the model's", Minimum = 1)]
        public int? LayerCount { get; init; }
    }
}
