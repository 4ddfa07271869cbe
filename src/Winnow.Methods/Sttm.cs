using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Methods;

/// <summary>
/// STTM: early in the language model every frame becomes large tokens where it is even and small ones where it is not, and tokens of consecutive frames that cover one another and are
/// alike are merged into the earliest.
/// </summary>
/// <remarks>
/// "Multi-Granular Spatio-Temporal Token Merging for Training-Free Acceleration of Video LLMs", ICCV 2025, arXiv 2507.07990; HYUNJS/STTM at 00736c79, token_merging_utils/quadtree_*.py.
/// </remarks>
public sealed class Sttm(Sttm.Options options) : IPrefillReducer
{
    private const int OfficialLayer = 2;
    private const int OfficialDepth = 28;
    private const double NormFloor = 1e-8;

    // The search for thresholds: the official pairs differ by about 0.3; below twice that the temporal one is half the spatial one.
    private const double ThresholdGap = 0.3;
    private const double HighestThreshold = 1.0 + 1e-6;
    private const int SearchSteps = 24;

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
        BudgetRule = "retention is the share of the visual tokens left: the highest thresholds whose result has at most floor(retention * tokens), by halving; as few as they can where that is more; thresholds override",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Compact,
        ExtraCost = "cosines of all cells with their parts, O(F N D), and of covering cells of consecutive frames, O(F N D), these for each of up to 24 thresholds; no attention",
        Deviations =
        [
            "Without thresholds the retention decides: spatial and temporal threshold fall together, 0.3 apart as in the official scripts. Given one, the other follows from it.",
            "Newline vectors stay, where the official settings have none. A frame's side of one place is pooled as it is; the official code fails.",
            "A root level beyond the tree leaves single places; the official code fails. The layer is the same share of the depth as the official 2 of 28, unless given.",
        ],
    };

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        if (options is { SpatialThreshold: null, TemporalThreshold: null, Retention: >= 1 })
            return StagedRun.Nothing;
        if (context.Places.Where(place => place >= 0).Distinct().Count() != context.Grid.Count)
            throw new ArgumentException($"The method merges whole grids; {context.Places.Count(place => place >= 0)} of {context.Grid.Count} tokens enter the model. Combine it with no method that reduces before.");
        int layer = options.Layer is 0 ? 0 : LayerDepth.Of(options.Layer, OfficialLayer, OfficialDepth, context.Layers);
        return new StagedRun([layer], PrefillNeeds.States, (_, view) => Step(view));
    }

    private PrefillStep Step(PrefillView view)
    {
        var rowOfPlace = new int[view.Context.Grid.Count];
        for (int row = view.VisualStart; row < view.VisualEnd; row++)
            if (view.PlaceOf(row) is >= 0 and int place)
                rowOfPlace[place] = row;
        Merged merged = Merge(view.Hidden.Gather(rowOfPlace), view.Context.Grid);
        Dictionary<int, int[]> groups = merged.Groups.ToDictionary(group => rowOfPlace[merged.PlaceOf(group[0])]);
        var plan = new ReductionPlanBuilder(view.Count);
        for (int row = 0; row < view.Count; row++)
            if (row < view.VisualStart || row >= view.VisualEnd || view.PlaceOf(row) < 0)
                plan.Keep(row);
            else if (groups.TryGetValue(row, out int[]? group))
                Emit(plan, row, [.. merged.PartsOf(group)], rowOfPlace);
        return new PrefillStep(plan.Build()) { Positions = PositionRule.Compact };
    }

    private static void Emit(ReductionPlanBuilder plan, int row, (int Place, double Share)[] parts, int[] rowOfPlace)
    {
        if (parts.Length == 1)
            plan.Keep(row);
        else
            plan.Sum(row, Array.ConvertAll(parts, part => rowOfPlace[part.Place]), Array.ConvertAll(parts, part => (float)part.Share), parts.Length);
    }

    /// <summary>Merges the tokens of a video.</summary>
    /// <param name="tokens"><c>[F * N, D]</c>, frame-major.</param>
    /// <param name="grid">Frames, rows and columns.</param>
    public Merged Merge(TokenMatrix tokens, TokenGrid grid)
    {
        var tree = QuadTree.Of(tokens, grid, options.RootLevel, options.WeightedAverage);
        if (options.SpatialThreshold is { } spatial)
            return Merge(tree, grid, spatial, options.TemporalThreshold ?? Temporal(spatial));
        if (options.TemporalThreshold is { } temporal)
            return Merge(tree, grid, temporal + ThresholdGap, temporal);
        int budget = Budgets.Total(options.Retention, grid.Count);
        (double low, double high) = (0, HighestThreshold);
        Merged best = Merge(tree, grid, low, Temporal(low));
        for (int step = 0; step < SearchSteps && best.Groups.Count < budget; step++)
        {
            double middle = (low + high) / 2;
            Merged tried = Merge(tree, grid, middle, Temporal(middle));
            if (tried.Groups.Count <= budget)
                (low, best) = (middle, tried);
            else
                high = middle;
        }
        return best;
    }

    // Never 0, which would switch temporal merging off.
    private static double Temporal(double spatial) => Math.Max(double.Epsilon, Math.Max(spatial - ThresholdGap, spatial / 2));

    private Merged Merge(QuadTree tree, TokenGrid grid, double spatial, double temporal)
    {
        IReadOnlyList<QuadTree.Cell> nodes = tree.Divide(spatial);
        (int A, int B)[] candidates = temporal > 0 ? [.. Covering(nodes)] : [];
        float[]?[] units = new float[]?[nodes.Count];
        (int A, int B)[] pairs = Array.FindAll(candidates, pair => Likeness(Unit(pair.A), Unit(pair.B)) >= temporal);
        return new Merged(tree, grid, options.WeightedAverage, nodes, candidates, pairs, Representatives(nodes.Count, pairs));

        float[] Unit(int node) => units[node] ??= Normalised(tree.Feature(nodes[node]));
    }

    /// <summary>Pairs of nodes of consecutive frames of which one covers the other.</summary>
    private static IEnumerable<(int A, int B)> Covering(IReadOnlyList<QuadTree.Cell> nodes)
    {
        for (int start = 0, next; start < nodes.Count; start = next)
        {
            next = EndOfFrame(nodes, start);
            int end = next < nodes.Count ? EndOfFrame(nodes, next) : next;
            for (int a = start; a < next; a++)
                for (int b = next; b < end; b++)
                    if (nodes[a].Contains(nodes[b]) || nodes[b].Contains(nodes[a]))
                        yield return (a, b);
        }
    }

    private static int EndOfFrame(IReadOnlyList<QuadTree.Cell> nodes, int start)
    {
        int end = start;
        while (end < nodes.Count && nodes[end].Frame == nodes[start].Frame)
            end++;
        return end;
    }

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

    /// <summary>Part 3, step 4, literally: the loop may stop before all pairs agree, so that groups are finer than the components of the pairs.</summary>
    private static int[] Representatives(int count, (int A, int B)[] pairs)
    {
        int[] representative = [.. Enumerable.Range(0, count)];
        while (pairs.Length > 0)
        {
            int[] least = Array.ConvertAll(pairs, pair => Math.Min(representative[pair.A], representative[pair.B]));
            for (int p = 0; p < pairs.Length; p++)
                representative[pairs[p].A] = Math.Min(representative[pairs[p].A], least[p]);
            for (int p = 0; p < pairs.Length; p++)
                representative[pairs[p].B] = Math.Min(representative[pairs[p].B], least[p]);
            int[] once = Array.ConvertAll(representative, node => representative[node]);
            representative = once;
            if (once.Select(node => once[node]).SequenceEqual(once))
                break;
        }
        return representative;
    }

    /// <summary>The nodes of all frames and how they were merged over time.</summary>
    public sealed class Merged
    {
        private readonly QuadTree _tree;
        private readonly TokenGrid _grid;
        private readonly bool _isWeighted;

        internal Merged(QuadTree tree, TokenGrid grid, bool isWeighted, IReadOnlyList<QuadTree.Cell> nodes, (int A, int B)[] candidates, (int A, int B)[] pairs, int[] representatives)
        {
            (_tree, _grid, _isWeighted, Nodes, Candidates, Pairs, Representatives) = (tree, grid, isWeighted, nodes, candidates, pairs, representatives);
            Groups = [.. Enumerable.Range(0, nodes.Count).GroupBy(node => representatives[node]).OrderBy(group => group.Key).Select(group => (int[])[group.Key, .. group.Where(node => node != group.Key)])];
        }

        /// <summary>The cells of all frames, in the order of their places.</summary>
        public IReadOnlyList<QuadTree.Cell> Nodes { get; }

        /// <summary>Nodes of consecutive frames of which one covers the other.</summary>
        public IReadOnlyList<(int A, int B)> Candidates { get; }

        /// <summary>Those of them that are alike.</summary>
        public IReadOnlyList<(int A, int B)> Pairs { get; }

        /// <summary><c>[nodes]</c>: the node that each is merged into.</summary>
        public IReadOnlyList<int> Representatives { get; }

        /// <summary>Nodes that become one token, the one that gives its place first; in the order of their places.</summary>
        public IReadOnlyList<int[]> Groups { get; }

        /// <summary>Grid place of a node's first corner.</summary>
        public int PlaceOf(int node) => (Nodes[node].Frame * _grid.Rows + Nodes[node].Top) * _grid.Columns + Nodes[node].Left;

        /// <summary>Grid places behind some nodes taken together, and the share of each.</summary>
        public IEnumerable<(int Place, double Share)> PartsOf(int[] nodes)
        {
            double whole = _isWeighted ? nodes.Sum(node => Nodes[node].Patches) : nodes.Length;
            return nodes.SelectMany(node => _tree.Parts(Nodes[node], _isWeighted)).Select(part => (part.Place, part.Share / whole));
        }
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Layer before which tokens are merged (official: 2 of 28, 0 for the largest model); null for the same share of the loaded model's depth.</summary>
        [Parameter("layer before which tokens are merged; auto: as deep as layer 2 of 28", Symbol = "L", Minimum = 0)]
        public int? Layer { get; init; }

        /// <summary>A cell at least so similar to each of its parts stays whole (official: 0.75 to 0.95); null for what the retention asks.</summary>
        [Parameter("a cell at least so similar to each of its parts stays whole; auto: what the retention asks")]
        public double? SpatialThreshold { get; init; }

        /// <summary>Covering cells of consecutive frames at least so similar are merged (official: 0.5 to 0.82); at most 0 to merge none. Null for what the retention asks.</summary>
        [Parameter("covering cells of consecutive frames at least so similar are merged, none at 0; auto: what the retention asks")]
        public double? TemporalThreshold { get; init; }

        /// <summary>How many of the coarsest levels are left out.</summary>
        [Parameter("how many of the coarsest levels are left out", Minimum = 0)]
        public int RootLevel { get; init; } = 1;

        /// <summary>Whether means are weighted by the number of places behind each part.</summary>
        [Parameter("means weighted by the number of places behind each part")]
        public bool WeightedAverage { get; init; }

        /// <summary>If given, temporal likeness is the mean of the cosines of parts of this width.</summary>
        [Parameter("width of the parts whose cosines are averaged; auto: the whole vector", Minimum = 1)]
        public int? HeadWidth { get; init; }
    }
}
