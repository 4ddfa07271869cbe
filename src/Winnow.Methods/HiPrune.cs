using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Methods;

/// <summary>
/// HiPrune: in every frame what a middle layer of the vision tower looks at, its neighbours, and what the last layer looks at.
/// </summary>
/// <remarks>
/// "HiPrune: Training-Free Visual Token Pruning via Hierarchical Attention in Vision-Language Models", arXiv 2508.00553. Follows
/// Danielement321/HiPrune, commit 6e83a12.
/// </remarks>
public sealed class HiPrune(HiPrune.Options options) : ITokenReducer
{
    // An anchor and its four neighbours.
    private const int GroupSize = 5;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "hiprune",
        Name = "HiPrune",
        Paper = "HiPrune: Training-Free Visual Token Pruning via Hierarchical Attention in Vision-Language Models, 2025",
        ArXiv = "2508.00553",
        OfficialCode = "Danielement321/HiPrune 6e83a12",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Attention,
        ChooseWhen = "attention of two layers of the vision tower is at hand: objects and global tokens both count",
        BudgetRule = "retention * tokens of a frame, to the nearest (halves to even), at least one; the same in every frame",
        Budget = BudgetPromise.PerFrame,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "An anchor's neighbours are those on the grid; the official code wraps around the ends of rows and takes the first or last"
                + " token beyond the picture (reproduce does too).",
            "Tokens chosen as anchors or neighbours are not chosen again; the official code for Qwen may, and then keeps"
                + " fewer (reproduce does too).",
            "There are at most as many anchors as fit with all their neighbours; the official code fails beyond.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [SignalNeed.Of(ObjectAttention), SignalNeed.Of(DeepAttention)];

    private SignalRequest ObjectAttention => new(Signal.ReceivedAttention, options.ObjectLayer - 1);

    private static SignalRequest DeepAttention => new(Signal.ReceivedAttention);

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int tokens, int perFrame) = (input.Grid.Count, input.Grid.TokensPerFrame);
        double[] objects = AttentionScores.OfPlaces(input.Require(ObjectAttention), tokens),
            deep = AttentionScores.OfPlaces(input.Require(DeepAttention), tokens);
        int budget = Budgets.PerFrame(options.KeepPerFrame, options.Retention, perFrame);
        int anchorCount = Math.Min(budget / GroupSize, Budgets.Round(budget * options.Alpha / GroupSize, Rounding.HalfEven));
        var kept = new List<int>(input.Grid.Frames * budget);
        var allAnchors = new List<int>();
        for (int first = 0; first < tokens; first += perFrame)
        {
            int[] anchors = TopK.Largest(objects.AsSpan(first, perFrame), anchorCount, EmitBy.Score);
            HashSet<int> chosen = [.. anchors, .. anchors.SelectMany(anchor => Neighbours(anchor, input.Grid))];
            double[] registers = deep[first..(first + perFrame)];
            foreach (int place in chosen)
                registers[place] = options.Reproduce ? registers[place] - 1 : double.NegativeInfinity;
            chosen.UnionWith(TopK.Largest(registers, budget - chosen.Count, EmitBy.Place));
            kept.AddRange(chosen.Order().Select(place => first + place));
            allAnchors.AddRange(anchors.Select(place => first + place));
        }
        return ReductionPlan.Keep(kept.ToArray(), tokens, new PlanTrace { { "anchors", allAnchors.ToArray() } });
    }

    private IEnumerable<int> Neighbours(int place, TokenGrid grid)
    {
        (int columns, int last) = (grid.Columns, grid.TokensPerFrame - 1);
        if (options.Reproduce)
            return new[] { place - 1, place + 1, place - columns, place + columns }.Select(neighbour => Math.Clamp(neighbour, 0, last));
        (int row, int column) = (place / columns, place % columns);
        return new[] { (row, column - 1), (row, column + 1), (row - 1, column), (row + 1, column) }
            .Where(at => at.Item1 >= 0 && at.Item1 < grid.Rows && at.Item2 >= 0 && at.Item2 < columns)
            .Select(at => at.Item1 * columns + at.Item2);
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Tokens of each frame; null: from the retention.</summary>
        [Parameter("tokens to keep in every frame, in place of the retention", Minimum = 1)]
        public int? KeepPerFrame { get; init; }

        /// <summary>Share of the budget for anchors and their neighbours.</summary>
        [Parameter("share of the budget for anchors and their neighbours", Symbol = "alpha", Minimum = 0, Maximum = 1)]
        public double Alpha { get; init; } = 0.1;

        /// <summary>Layer of the vision tower that shows objects, counted from 1; the official 9 is for towers of 24 layers.</summary>
        [Parameter("layer of the vision tower that shows objects, counted from 1", Minimum = 1)]
        public int ObjectLayer { get; init; } = 9;

        /// <summary>Neighbours across the ends of rows, and tokens chosen twice, as in the official code.</summary>
        [Parameter("as the official code: neighbours wrap around row ends, tokens may be chosen twice")]
        public bool Reproduce { get; init; }
    }
}
