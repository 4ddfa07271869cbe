using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// STA: three times in the depth of the encoder the tokens leave into which most likeness flows from the frames before, unless they are
/// strongly activated.
/// </summary>
/// <remarks>
/// "Prune Spatio-temporal Tokens by Semantic-aware Temporal Accumulation", ICCV 2023, arXiv 2308.04549; Mark12Ding/STA at faf10be,
/// VisionTransformer.merge of model_vit.py.
/// </remarks>
public sealed class Sta(Sta.Options options) : IEncoderReducer
{
    private static readonly EncoderNeeds BlockKeys = new() { Keys = true };

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "sta",
        Name = "STA",
        Paper = "Prune Spatio-temporal Tokens by Semantic-aware Temporal Accumulation, ICCV 2023",
        ArXiv = "2308.04549",
        OfficialCode = "Mark12Ding/STA faf10be5af889afed737e13517c4904c8572c3d7",
        Places = MethodPlaces.InsideEncoder,
        Family = MethodFamily.Temporal,
        ChooseWhen = "a faster vision tower on footage whose frames repeat each other; needs no attention map",
        BudgetRule = "as many patches leave each group of 1, 2, then 4 frames as leave retention * patches of a clip, or perGroup; a group "
            + "keeps one at least",
        Budget = BudgetPromise.Own,
        Order = PlanOrder.Own,
        Positions = PositionRule.Original,
        ExtraCost = "at its three blocks cosines of a group's tokens with those of the group before, O(T n d), in keys averaged over heads",
        Deviations =
        [
            "Attention stays inside a frame, as SigLIP was trained; a group of the first stage is a frame, officially the two frames of a "
                + "tubelet.",
            "A clip need not have 8 groups: 1, 2, then 4 neighbouring frames are a group, as many as there are.",
            "A group keeps one token at least; where a method before the encoder left frames of unequal lengths, a group loses its share.",
            "Equally activated tokens of a group have importance 0; officially it is not a number. A key of zeros has cosine 0 with "
                + "everything.",
        ],
    };

    /// <inheritdoc/>
    public int GroupFrames => options.GroupFrames;

    /// <inheritdoc/>
    public IEncoderRun Begin(EncoderContext context) => options.PerGroup >= context.Grid.TokensPerFrame
        ? throw new ArgumentException(
            $"perGroup is {options.PerGroup}; a frame has {context.Grid.TokensPerFrame} patches: give less than that.")
        : new Run(options, [.. new[] { 0, context.Layers / 3, 2 * context.Layers / 3 }.Distinct()]);

    /// <summary>One stage: walks through the groups and lets redundancy accumulate.</summary>
    /// <param name="hidden"><c>[S, C]</c>: states, whose activation is the importance.</param>
    /// <param name="metric"><c>[S, d]</c>: what is compared.</param>
    /// <param name="groups">Rows of each group, in their order.</param>
    /// <param name="leaving">How many leave each group.</param>
    /// <param name="lastFirst">Whether the walk begins at the last group.</param>
    public static Stage Accumulate(
        TokenMatrix hidden, TokenMatrix metric, IReadOnlyList<int[]> groups, IReadOnlyList<int> leaving, bool lastFirst)
    {
        int[][] kept = new int[groups.Count][];
        double[][] importance = [.. groups.Select(rows => Importance(hidden, rows))];
        var scores = new List<double[]>();
        TokenMatrix previous = default;
        double[]? accumulated = null;
        foreach (int group in lastFirst ? Enumerable.Range(0, groups.Count).Reverse() : Enumerable.Range(0, groups.Count))
        {
            TokenMatrix own = metric.Gather(groups[group]);
            int staying = own.Count - leaving[group];
            int[] places;
            if (accumulated is null)
            {
                places = ByLikeness(own);
                (previous, accumulated) = (own.Gather(places), [.. Enumerable.Repeat(1.0, own.Count)]);
                places = places[..staying];
            }
            else
            {
                double[] inflow = Inflow(own, previous, accumulated);
                scores.Add([.. inflow.Zip(importance[group], (flow, weight) => flow * (1 - weight))]);
                places = TopK.Smallest(scores[^1], staying, EmitBy.Score);
                double sum = places.Sum(place => inflow[place]);
                (previous, accumulated) = (own.Gather(places), Array.ConvertAll(places, place => inflow[place] / sum));
            }
            kept[group] = Array.ConvertAll(places, place => groups[group][place]);
        }
        return new Stage(kept, scores, importance);
    }

    /// <summary>The first group has no past: odd places, then even ones, those most like an odd one last.</summary>
    private static int[] ByLikeness(TokenMatrix metric)
    {
        int[] places = [.. Enumerable.Range(0, metric.Count)];
        int[] even = [.. places.Where(place => place % 2 == 0)], odd = [.. places.Where(place => place % 2 == 1)];
        double[] likeness = SourceMatching.Of(metric, even, odd, 0).Scores;
        return [.. odd, .. TopK.Smallest(likeness, likeness.Length, EmitBy.Score).Select(i => even[i])];
    }

    /// <summary>What flows into each token when every previous one deals what it has accumulated out by likeness.</summary>
    private static double[] Inflow(TokenMatrix own, TokenMatrix previous, double[] accumulated)
    {
        RealMatrix flow = Similarity.Cosines(own, previous);
        TensorPrimitives.Exp<double>(flow.Values, flow.Values);
        double[] dealt = new double[accumulated.Length], inflow = new double[own.Count];
        for (int i = 0; i < inflow.Length; i++)
            TensorPrimitives.Add<double>(dealt, flow[i], dealt);
        TensorPrimitives.Divide<double>(accumulated, dealt, dealt);
        for (int i = 0; i < inflow.Length; i++)
            inflow[i] = TensorPrimitives.Dot<double>(flow[i], dealt);
        return inflow;
    }

    private static double[] Importance(TokenMatrix hidden, int[] rows)
    {
        double[] activation = Array.ConvertAll(rows, row => (double)TensorPrimitives.SumOfMagnitudes(hidden[row]));
        double least = activation.Min(), spread = activation.Max() - least;
        return Array.ConvertAll(activation, value => spread > 0 ? (value - least) / spread : 0);
    }

    /// <summary>What one stage decided.</summary>
    /// <param name="Kept">Rows that stay in each group, in the order in which they go on.</param>
    /// <param name="Scores">For each visited group but the first, in the order of the walk, one score a token; small ones stay.</param>
    /// <param name="Importance">For each group one value a token, from 0 to 1.</param>
    public sealed record Stage(int[][] Kept, IReadOnlyList<double[]> Scores, double[][] Importance);

    private sealed class Run(Options options, int[] blocks) : IEncoderRun
    {
        // The rows in the method's order, in which frames of a group are mixed; each attends in the sequence of its frame.
        private int[]? _order;
        private int[] _atFirst = [];

        public bool ProportionalAttention => false;

        public EncoderNeeds? NeedsAt(EncoderPoint point)
        {
            bool reduces = options.PerGroup is { } count ? count > 0 : options.Retention < 1;
            return reduces && point.Moment == EncoderMoment.AfterBlock && blocks.Contains(point.Layer) ? BlockKeys : null;
        }

        public EncoderStep? Decide(EncoderView view)
        {
            if (_order is null)
            {
                _order = [.. Enumerable.Range(0, view.Count).Where(row => view.Places[row] >= 0)];
                _atFirst = new int[view.Context.Grid.Frames];
                foreach (int row in _order)
                    _atFirst[view.Context.Grid.FrameOf(view.Places[row])]++;
            }
            int stage = Array.IndexOf(blocks, view.Point.Layer);
            IGrouping<int, int>[] groups = [.. _order.GroupBy(row => view.Context.Grid.FrameOf(view.Places[row]) >> stage)];
            int[] leaving = Array.ConvertAll(groups, group => Math.Min(Leaving(group.Key, stage), group.Count() - 1));
            if (leaving.All(count => count == 0))
                return null;
            TokenMatrix metric = HeadMeans.Of(view.Keys!.Value, view.Context.Heads);
            int[][] members = Array.ConvertAll(groups, group => group.ToArray());
            int[] emitted = [.. Accumulate(view.Hidden, metric, members, leaving, lastFirst: stage == 1).Kept.SelectMany(kept => kept)];
            int[] rows = PatchSequences.Arrange(view, emitted, out int[] lengths);
            int[] placeOf = new int[view.Count];
            var plan = new ReductionPlanBuilder(view.Count);
            for (int i = 0; i < rows.Length; i++)
            {
                placeOf[rows[i]] = i;
                plan.Keep(rows[i], view.Sizes[rows[i]]);
            }
            _order = Array.ConvertAll(emitted, row => placeOf[row]);
            return new EncoderStep(plan.Build(), lengths);
        }

        /// <summary>
        /// How many leave a group of neighbouring frames: by the mean of what its frames had at first, and by how many groups lose as many
        /// in all stages.
        /// </summary>
        private int Leaving(int group, int stage)
        {
            if (options.PerGroup is { } count)
                return count;
            int frames = _atFirst.Length, groups = Enumerable.Range(0, blocks.Length).Sum(s => (frames + (1 << s) - 1) >> s);
            double patches = _atFirst.Skip(group << stage).Take(1 << stage).Average();
            return Budgets.Round((1 - options.Retention) * frames * patches / groups, Rounding.Floor);
        }
    }

    /// <summary>Parameters; the numbers of groups and the blocks are fixed.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>
        /// Tokens that leave each group in each of the three stages; null follows <see cref="ReducerOptions.Retention"/>.
        /// </summary>
        [Parameter("tokens that leave each group in each of the three stages; auto follows the retention", Symbol = "r", Minimum = 0)]
        public int? PerGroup { get; init; }

        /// <summary>Frames of a clip, over which redundancy accumulates.</summary>
        [Parameter("frames of a clip, over which redundancy accumulates", Symbol = "G", Minimum = 1)]
        public int GroupFrames { get; init; } = 8;
    }
}
