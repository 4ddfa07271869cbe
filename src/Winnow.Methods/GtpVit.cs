using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// GTP-ViT: in every block the patches that are easy to regenerate and little looked at leave, after each has added a share of itself to
/// those of its neighbours on a fixed graph that stay.
/// </summary>
/// <remarks>
/// "GTP-ViT: Efficient Vision Transformers via Graph-based Token Propagation", WACV 2024, arXiv 2311.03035; Ackesnal/GTP-ViT at 97a1178,
/// models_v3.py.
/// </remarks>
public sealed class GtpVit(GtpVit.Options options) : IEncoderReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "gtp-vit",
        Name = "GTP-ViT",
        Paper = "GTP-ViT: Efficient Vision Transformers via Graph-based Token Propagation, WACV 2024",
        ArXiv = "2311.03035",
        OfficialCode = "Ackesnal/GTP-ViT 97a117814d0ff99edbbe34bec12e851db4be2eb5",
        Places = MethodPlaces.InsideEncoder,
        Family = MethodFamily.Attention,
        ChooseWhen = "a faster vision tower with fine detail kept where it is looked at: what leaves lives on in its neighbours",
        BudgetRule = "floor(retention * patches) of each frame are left behind the last block, equally many leave in each; or perBlock",
        Budget = BudgetPromise.PerFrame,
        Order = PlanOrder.Own,
        Positions = PositionRule.Original,
        Averages = false,
        ExtraCost = "every block's attention once more, row by row, and once a frame the cosines of all pairs of patches",
        Deviations =
        [
            "Without a class token every patch has one most similar neighbour more than asked for, as in the official code.",
            "Values are gathered with the whole attention, and a sparsity below 1 acts on the scores alone; the official code zeroes the "
                + "small weights before both.",
            "Each frame has its own graph over its true grid; the official code knows single square images.",
            "One patch of a frame stays whatever is asked; in the official code none would.",
            "Where a frame has no more patches than neighbours, all are neighbours, and a zero vector has cosine 0 with everything; the "
                + "official code fails or divides by zero.",
            "A patch that leaves without a neighbour that stays has no token behind the tower.",
        ],
    };

    /// <inheritdoc/>
    public int GroupFrames => 1;

    /// <inheritdoc/>
    public IEncoderRun Begin(EncoderContext context)
    {
        if (options.PerBlock is { } given && given.Count != 1 && given.Count != context.Layers)
            throw new ArgumentException($"perBlock has {given.Count} numbers; give one, or one for each of the {context.Layers} blocks.");
        if (options is { PropagateBy: Propagation.Mean, TokenScale: true })
            throw new ArgumentException("A mean of the patches that leave has no token scale; set tokenScale=false with propagateBy=mean.");
        if (options.SelectBy is Selection.ClsAttnMax or Selection.ClsAttnMean && context.ClassTokens == 0)
            throw new ArgumentException("The tower has no class token to select by; choose selectBy=mixed-attn-max or another.");
        return new Run(this, options, context);
    }

    /// <summary>The graph over a frame's patches as they enter the first block.</summary>
    /// <param name="patches"><c>[n, D]</c>.</param>
    /// <param name="places"><c>[n]</c>: place of each in its frame.</param>
    /// <param name="columns">Patches in a row of the grid.</param>
    /// <param name="classToken">Whether the tower has a class token; without one the official code counts one neighbour more.</param>
    /// <returns><c>[n, n]</c>: normalised weights from each patch's neighbours (columns) to it (row).</returns>
    public RealMatrix Graph(TokenMatrix patches, ReadOnlySpan<int> places, int columns, bool classToken)
    {
        int neighbours = options.Neighbours + (classToken ? 0 : 1);
        RealMatrix edges = options.GraphType switch
        {
            Neighbourhood.Spatial => NeighbourGraph.OnGrid(places, columns),
            Neighbourhood.Semantic => NeighbourGraph.MostSimilar(patches, neighbours),
            _ => NeighbourGraph.Union(NeighbourGraph.OnGrid(places, columns), NeighbourGraph.MostSimilar(patches, neighbours)),
        };
        NeighbourGraph.Normalize(edges);
        return edges;
    }

    /// <summary>
    /// Sets the smallest weights of every head to zero, so that about the share theta is left; rows are not scaled again.
    /// </summary>
    /// <param name="attention"><c>[heads, T, T]</c>, changed in place.</param>
    /// <param name="heads">Heads.</param>
    public void Sparsify(Span<float> attention, int heads)
    {
        int weights = attention.Length / heads, rank = (int)(weights * (1 - options.Sparsity));
        if (rank == 0)
            return;
        for (int head = 0; head < heads; head++)
        {
            Span<float> own = attention.Slice(head * weights, weights);
            float threshold = OrderStatistic.Smallest(own.ToArray().AsSpan(), rank);
            for (int i = 0; i < own.Length; i++)
                own[i] = own[i] < threshold ? 0 : own[i];
        }
    }

    /// <summary>Adds one sequence to a plan: class tokens, and by falling score the patches that stay, with what they are given.</summary>
    /// <param name="plan">The plan to extend.</param>
    /// <param name="sizes">Scales of all rows.</param>
    /// <param name="rows">The sequence.</param>
    /// <param name="order">Its patches by falling score.</param>
    /// <param name="leaving">How many of them, from the end, leave.</param>
    /// <param name="graph"><c>[n, n]</c>: weights between its patches; null where nothing is propagated along them.</param>
    private void Emit(
        ReductionPlanBuilder plan, IReadOnlyList<float> sizes, SequenceRows rows, int[] order, int leaving, RealMatrix? graph)
    {
        for (int row = rows.Start; row < rows.FirstPatch; row++)
            plan.Keep(row, sizes[row]);
        int first = rows.FirstPatch;
        int[] gone = order[^leaving..];
        foreach (int patch in order[..^leaving])
        {
            int[] givers = graph is null ? [] : Array.FindAll(gone, other => graph[patch, other] > 0);
            double[] shares = Array.ConvertAll(givers, other => options.Alpha * graph![patch, other]);
            double size = sizes[first + patch] + givers.Zip(shares, (other, share) => share * sizes[first + other]).Sum();
            plan.Sum(
                first + patch,
                [first + patch, .. givers.Select(other => first + other)],
                [1, .. shares.Select(share => (float)share)],
                (float)size);
        }
        if (options.PropagateBy == Propagation.Mean && leaving > 0)
            plan.Mean(first + gone[0], Array.ConvertAll(gone, other => first + other));
    }

    private sealed class Run(GtpVit method, Options options, EncoderContext context) : IEncoderRun
    {
        private int[][] _schedules = [];
        private RealMatrix?[] _graphs = [];

        public bool ProportionalAttention => options.TokenScale;

        public EncoderNeeds? NeedsAt(EncoderPoint point) => point.Moment switch
        {
            EncoderMoment.BeforeBlock when point.Layer == 0 && (options.Retention < 1 || options.PerBlock is not null) =>
                EncoderNeeds.States,
            EncoderMoment.AfterAttention when _schedules.Any(schedule => schedule[point.Layer] > 0) =>
                new EncoderNeeds { Attention = new EncoderAttention() },
            _ => null,
        };

        public EncoderStep? Decide(EncoderView view)
        {
            if (view.Point.Moment != EncoderMoment.BeforeBlock)
                return Propagate(view);
            SequenceRows[] sequences = SequenceRows.Of(view, context.ClassTokens);
            _schedules = Array.ConvertAll(sequences, sequence => Schedule(sequence.Patches));
            _graphs = Array.ConvertAll(
                sequences, rows => options.PropagateBy == Propagation.Graph && rows.Patches > 0 ? Graph(view, rows) : null);
            return null;
        }

        private int[] Schedule(int patches) => patches == 0 ? new int[context.Layers]
            : options.PerBlock is not { } given ? BlockSchedule.Retain(context.Layers, patches, options.Retention)
            : given.Count == 1 ? [.. Enumerable.Repeat(given[0], context.Layers)] : [.. given];

        private RealMatrix Graph(EncoderView view, SequenceRows sequence)
        {
            TokenMatrix patches = view.Hidden.Slice(sequence.FirstPatch, sequence.Patches);
            int[] places = [.. Enumerable.Range(sequence.FirstPatch, patches.Count).Select(row => context.Grid.PlaceOf(view.Places[row]))];
            return method.Graph(patches, places, context.Grid.Columns, context.ClassTokens > 0);
        }

        private EncoderStep Propagate(EncoderView view)
        {
            var plan = new ReductionPlanBuilder(view.Count);
            SequenceRows[] sequences = SequenceRows.Of(view, context.ClassTokens);
            int[] lengths = new int[sequences.Length];
            var propagated = new List<int>();
            for (int s = 0; s < sequences.Length; s++)
            {
                SequenceRows rows = sequences[s];
                int leaving = Math.Min(_schedules[s][view.Point.Layer], Math.Max(0, rows.Patches - 1)), before = plan.Count;
                int[] order = [.. Enumerable.Range(0, rows.Patches)];
                if (leaving > 0)
                    order = TopK.Largest(Score(view.Attention![s]), rows.Patches, EmitBy.Score);
                method.Emit(plan, view.Sizes, rows, order, leaving, _graphs[s]);
                propagated.AddRange(order[^leaving..].Select(patch => rows.FirstPatch + patch));
                _graphs[s] = _graphs[s]?.Select(order.AsSpan(0, rows.Patches - leaving));
                lengths[s] = plan.Count - before;
            }
            return new EncoderStep(plan.Build(new PlanTrace { { "propagated", propagated.ToArray() } }), lengths);
        }

        private double[] Score(AttentionView attention)
        {
            if (options.Sparsity < 1)
            {
                float[] all = attention.ReadAll();
                method.Sparsify(all, attention.Heads);
                attention = AttentionView.Of(all, attention.Heads, attention.Queries);
            }
            return GtpVitScores.Of(attention, context.ClassTokens, options.SelectBy, options.Seed);
        }
    }

    /// <summary>How patches are scored; the best stay. Official names, where Img stands for the received attention.</summary>
    public enum Selection
    {
        /// <summary>Largest attention to itself times largest received attention, over heads.</summary>
        MixedAttnMax,

        /// <summary>Mean attention to itself times mean received attention.</summary>
        MixedAttnMean,

        /// <summary>Largest attention to itself plus largest received attention.</summary>
        SumAttnMax,

        /// <summary>Largest attention to itself.</summary>
        DiagAttnMax,

        /// <summary>Mean attention to itself.</summary>
        DiagAttnMean,

        /// <summary>Largest received attention.</summary>
        ImgAttnMax,

        /// <summary>Mean received attention.</summary>
        ImgAttnMean,

        /// <summary>Largest attention of the class token.</summary>
        ClsAttnMax,

        /// <summary>Mean attention of the class token.</summary>
        ClsAttnMean,

        /// <summary>How unlike those of the others a patch's attention is, largest over heads.</summary>
        CosSimMax,

        /// <summary>How unlike those of the others a patch's attention is, mean over heads.</summary>
        CosSimMean,

        /// <summary>Chance.</summary>
        Random,
    }

    /// <summary>What becomes of patches that leave.</summary>
    public enum Propagation
    {
        /// <summary>They add a share of themselves to their neighbours.</summary>
        Graph,

        /// <summary>Their mean is one more token, the last.</summary>
        Mean,

        /// <summary>They are dropped.</summary>
        None,
    }

    /// <summary>Which patches are neighbours.</summary>
    public enum Neighbourhood
    {
        /// <summary>Those of both other kinds.</summary>
        Mixed,

        /// <summary>Those around it on the grid.</summary>
        Spatial,

        /// <summary>The most similar ones.</summary>
        Semantic,
    }

    /// <summary>Parameters; the defaults are the paper's main setting with the official strength.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Patches that leave in a block: one number for all, or one for each; null follows the retention.</summary>
        [Parameter("patches that leave in every block, or one number for each; auto follows the retention", Symbol = "P", Minimum = 0)]
        public IReadOnlyList<int>? PerBlock { get; init; }

        /// <summary>How patches are scored.</summary>
        [Parameter("how patches are scored; the best stay")]
        public Selection SelectBy { get; init; }

        /// <summary>What becomes of patches that leave.</summary>
        [Parameter("what becomes of patches that leave")]
        public Propagation PropagateBy { get; init; }

        /// <summary>Which patches are neighbours.</summary>
        [Parameter("which patches are neighbours: on the grid, by likeness, or both")]
        public Neighbourhood GraphType { get; init; }

        /// <summary>Most similar patches that are neighbours.</summary>
        [Parameter("most similar patches that are neighbours", Symbol = "M", Minimum = 0)]
        public int Neighbours { get; init; } = 8;

        /// <summary>Share of the attention weights of a head that is kept; 1 for all.</summary>
        [Parameter("share of a head's attention weights that counts, the others being zero", Symbol = "theta", Minimum = 0, Maximum = 1)]
        public double Sparsity { get; init; } = 1;

        /// <summary>Strength of the propagation.</summary>
        [Parameter("strength of the propagation", Symbol = "alpha", Minimum = 0)]
        public double Alpha { get; init; } = 0.1;

        /// <summary>Whether what a patch has taken up counts in later attention.</summary>
        [Parameter("whether what a patch has taken up counts in later attention")]
        public bool TokenScale { get; init; } = true;

        /// <summary>Seed of the random selection.</summary>
        [Parameter("seed of the random selection", Minimum = 0)]
        public int Seed { get; init; }
    }
}
