using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Methods;

/// <summary>
/// STTM: early in the language model every frame becomes large tokens where it is even and small ones where it is not, and tokens of
/// consecutive frames that cover one another and are alike are merged into the earliest.
/// </summary>
/// <remarks>
/// "Multi-Granular Spatio-Temporal Token Merging for Training-Free Acceleration of Video LLMs", ICCV 2025, arXiv 2507.07990; HYUNJS/STTM at
/// 00736c79, token_merging_utils/quadtree_*.py and token_merging_monkey_patch/quadtree_attn_monkey_patch.py.
/// </remarks>
public sealed class Sttm(Sttm.Options options) : IPrefillReducer
{
    private const int OfficialLayer = 2;
    private const int OfficialDepth = 28;
    private const double NormFloor = 1e-8;

    // The official pairs of thresholds differ by about 0.3; where that would leave no room, the temporal one is half the spatial one.
    private const double ThresholdGap = 0.3;
    private const double LowestThreshold = 0;
    private const double HighestThreshold = 1 + 1e-6;
    private const int SearchSteps = 20;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "sttm",
        Name = "STTM",
        Paper = "Multi-Granular Spatio-Temporal Token Merging for Training-Free Acceleration of Video LLMs, ICCV 2025",
        ArXiv = "2507.07990",
        OfficialCode = "HYUNJS/STTM 00736c795265faea52c576ce32dce9c449af1819",
        Places = MethodPlaces.Prefill,
        Family = MethodFamily.Merging,
        ChooseWhen = "several questions about one video, whose cache is to serve them all: the merging does not look at the question",
        BudgetRule = "retention is the share of the visual tokens left: the highest thresholds, found by halving, that leave at most "
            + "floor(retention * tokens), or as few as they can where that is more; given thresholds override",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Compact,
        ExtraCost = "cosines of all cells with their parts, O(F N D), and of covering cells of consecutive frames, O(F N D), these for "
            + "each of up to 20 thresholds; no attention",
        Deviations =
        [
            "Without thresholds the retention decides: spatial and temporal threshold fall together, 0.3 apart as in the official scripts. "
                + "Given one, the other follows from it.",
            "Newline vectors stay, where the official settings have none. Grids with a side of one place, and weighted averages of grids "
                + "whose sides differ in parity, work; the official code fails.",
            "A root level beyond the tree leaves single places; the official code fails. The layer is the same share of the depth as the "
                + "official 2 of 28, unless given.",
            "The slow version, another filter of the pairs that is off by default, is not offered.",
        ],
    };

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        if (options is { SpatialThreshold: null, TemporalThreshold: null, Retention: >= 1 })
            return StagedRun.Nothing;
        int there = context.Places.Where(place => place >= 0).Distinct().Count();
        if (there != context.Grid.Count)
            throw new ArgumentException($"sttm merges whole grids of tokens, and only {there} of {context.Grid.Count} enter the language "
                + "model. Combine it with no method that takes tokens away before.");
        int layer = options.Layer is 0 ? 0 : LayerDepth.Of(options.Layer, OfficialLayer, OfficialDepth, context.Layers);
        return new StagedRun([layer], PrefillNeeds.States, (_, view) => Step(view));
    }

    private PrefillStep Step(PrefillView view)
    {
        int[] rowOfPlace = new int[view.Context.Grid.Count];
        for (int row = view.VisualStart; row < view.VisualEnd; row++)
            if (view.PlaceOf(row) is >= 0 and int place)
                rowOfPlace[place] = row;
        Merged merged = Merge(view.Hidden.Gather(rowOfPlace), view.Context.Grid);
        var groups = merged.Groups.ToDictionary(group => rowOfPlace[merged.PlaceOf(group[0])]);
        var plan = new ReductionPlanBuilder(view.Count);
        for (int row = 0; row < view.Count; row++)
            if (row < view.VisualStart || row >= view.VisualEnd || view.PlaceOf(row) < 0)
                plan.Keep(row);
            else if (groups.TryGetValue(row, out int[]? group))
                merged.Emit(group, plan, row, place => rowOfPlace[place]);
        return new PrefillStep(plan.Build()) { Positions = PositionRule.Compact };
    }

    /// <summary>Merges the tokens of a video.</summary>
    /// <param name="tokens"><c>[F * N, D]</c>, frame-major.</param>
    /// <param name="grid">Frames, rows and columns.</param>
    /// <exception cref="ArgumentException">The head width does not divide D.</exception>
    public Merged Merge(TokenMatrix tokens, TokenGrid grid)
    {
        var tree = QuadTree.Of(tokens, grid, options.RootLevel, options.WeightedAverage, options.HeadWidth ?? tokens.Dimension);
        if (options.SpatialThreshold is { } spatial)
            return Merge(tree, grid, spatial, options.TemporalThreshold ?? TemporalFor(spatial));
        if (options.TemporalThreshold is { } temporal)
            return Merge(tree, grid, temporal + ThresholdGap, temporal);
        int budget = Budgets.Round(options.Retention * grid.Count, Rounding.Floor);
        (double low, double high) = (LowestThreshold, HighestThreshold);
        Merged best = Merge(tree, grid, low, TemporalFor(low));
        for (int step = 0; step < SearchSteps && best.Groups.Count < budget; step++)
        {
            double middle = (low + high) / 2;
            Merged tried = Merge(tree, grid, middle, TemporalFor(middle));
            if (tried.Groups.Count <= budget)
                (low, best) = (middle, tried);
            else
                high = middle;
        }
        return best;
    }

    // Above 0, which would switch temporal merging off.
    private static double TemporalFor(double spatial) => Math.Max(double.Epsilon, Math.Max(spatial - ThresholdGap, spatial / 2));

    private Merged Merge(QuadTree tree, TokenGrid grid, double spatial, double temporal)
    {
        QuadTree.Cell[] nodes = tree.Divide(spatial);
        (int A, int B)[] candidates = temporal > 0 ? [.. Covering(nodes)] : [];
        float[]?[] units = new float[]?[nodes.Length];
        (int A, int B)[] pairs = Array.FindAll(candidates, pair => Likeness(Unit(pair.A), Unit(pair.B)) >= temporal);
        return new Merged(tree, grid, options.WeightedAverage, nodes, candidates, pairs);

        float[] Unit(int node) => units[node] ??= Normalised(tree.Feature(nodes[node]));
    }

    /// <summary>Part 3, step 2: nodes of consecutive frames of which one covers the other.</summary>
    private static List<(int A, int B)> Covering(QuadTree.Cell[] nodes)
    {
        var pairs = new List<(int A, int B)>();
        IEnumerable<int> firsts = Enumerable.Range(0, nodes.Length).Where(node => node == 0 || nodes[node].Frame != nodes[node - 1].Frame);
        int[] starts = [.. firsts, nodes.Length];
        for (int frame = 0; frame + 2 < starts.Length; frame++)
            for (int a = starts[frame]; a < starts[frame + 1]; a++)
            {
                ref readonly QuadTree.Cell node = ref nodes[a];
                // Tops rise: whatever comes behind the first that starts below lies below too.
                for (int b = starts[frame + 1]; b < starts[frame + 2] && nodes[b].Top < node.Bottom; b++)
                    if (node.Contains(in nodes[b]) || nodes[b].Contains(in node))
                        pairs.Add((a, b));
            }
        return pairs;
    }

    /// <summary>Part 3, step 1.</summary>
    private float[] Normalised(ReadOnlySpan<float> feature)
    {
        int width = options.HeadWidth ?? feature.Length;
        float[] unit = feature.ToArray();
        for (int head = 0; head < unit.Length; head += width)
        {
            Span<float> part = unit.AsSpan(head, width);
            TensorPrimitives.Divide(part, (float)(Math.Sqrt(InnerProducts.Of(part, part)) + NormFloor), part);
        }
        return unit;
    }

    private double Likeness(float[] a, float[] b) => InnerProducts.Of(a, b) / (options.HeadWidth is { } width ? a.Length / width : 1);

    /// <summary>The nodes of all frames and how they were merged over time.</summary>
    public sealed class Merged
    {
        private readonly QuadTree _tree;
        private readonly TokenGrid _grid;
        private readonly bool _isWeighted;

        internal Merged(QuadTree tree, TokenGrid grid, bool isWeighted, IReadOnlyList<QuadTree.Cell> nodes,
            (int A, int B)[] candidates, (int A, int B)[] pairs)
        {
            (_tree, _grid, _isWeighted, Nodes, Candidates, Pairs) = (tree, grid, isWeighted, nodes, candidates, pairs);
            Representatives = LowestLabels.Of(nodes.Count, pairs);
            Groups = [.. Enumerable.Range(0, nodes.Count).GroupBy(node => Representatives[node])
                .OrderBy(group => group.Key).Select(group => group.ToArray())];
        }

        /// <summary>The cells of all frames, in the order of their places.</summary>
        public IReadOnlyList<QuadTree.Cell> Nodes { get; }

        /// <summary>Nodes of consecutive frames of which one covers the other.</summary>
        public IReadOnlyList<(int A, int B)> Candidates { get; }

        /// <summary>Those of them that are alike.</summary>
        public IReadOnlyList<(int A, int B)> Pairs { get; }

        /// <summary><c>[nodes]</c>: the node that each is merged into, never a later one.</summary>
        public IReadOnlyList<int> Representatives { get; }

        /// <summary>Nodes that become one token, rising, so that the one that gives its place is first; in the order of their
        /// places.</summary>
        public IReadOnlyList<int[]> Groups { get; }

        /// <summary>Grid place of a node's first corner.</summary>
        public int PlaceOf(int node) => (Nodes[node].Frame * _grid.Rows + Nodes[node].Top) * _grid.Columns + Nodes[node].Left;

        /// <summary>Adds the token of some nodes to a plan: the mean of their vectors, or of all their places where means are
        /// weighted.</summary>
        /// <param name="group">The nodes.</param>
        /// <param name="plan">Receives the token.</param>
        /// <param name="source">The source under whose index it is kept.</param>
        /// <param name="sourceOf">The plan's source for a place of the grid.</param>
        public void Emit(int[] group, ReductionPlanBuilder plan, int source, Func<int, int> sourceOf)
        {
            (int Place, double Share)[] parts = [.. group.SelectMany(node => _tree.Parts(Nodes[node], _isWeighted))];
            int patches = group.Sum(node => Nodes[node].Patches);
            double whole = _isWeighted ? patches : group.Length;
            float[] shares = Array.ConvertAll(parts, part => (float)(part.Share / whole));
            plan.Sum(source, Array.ConvertAll(parts, part => sourceOf(part.Place)), shares, patches);
        }
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Layer before which tokens are merged (official: 2 of 28, 0 for the largest model); null for the same share of the
        /// loaded model's depth.</summary>
        [Parameter("layer before which tokens are merged; auto: as deep as layer 2 of 28", Symbol = "L", Minimum = 0)]
        public int? Layer { get; init; }

        /// <summary>A cell at least so similar to each of its parts stays whole (official: 0.75 to 0.95); null for what the retention
        /// asks.</summary>
        [Parameter("a cell at least so similar to each of its parts stays whole; auto: what the retention asks")]
        public double? SpatialThreshold { get; init; }

        /// <summary>Covering cells of consecutive frames at least so similar are merged (official: 0.5 to 0.82); at most 0 to merge none.
        /// Null for what the retention asks.</summary>
        [Parameter("covering cells of consecutive frames at least so similar are merged, none at 0; auto: what the retention asks")]
        public double? TemporalThreshold { get; init; }

        /// <summary>How many of the coarsest levels are left out (1 in all official scripts).</summary>
        [Parameter("how many of the coarsest levels are left out", Minimum = 0)]
        public int RootLevel { get; init; } = 1;

        /// <summary>Whether means are weighted by the number of places behind each part.</summary>
        [Parameter("means weighted by the number of places behind each part")]
        public bool WeightedAverage { get; init; }

        /// <summary>If given, every likeness is the mean of the cosines of parts of this width.</summary>
        [Parameter("width of the parts whose cosines are averaged; auto: the whole vector", Minimum = 1)]
        public int? HeadWidth { get; init; }
    }
}
