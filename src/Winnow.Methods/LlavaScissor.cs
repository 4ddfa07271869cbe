using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Methods;

/// <summary>LLaVA-Scissor: connected regions of similar tokens, first inside every frame, then over the video; each region becomes one token.</summary>
/// <remarks>
/// "LLaVA-Scissor: Token Compression with Semantic Connected Components for Video LLMs", arXiv 2506.21862. Follows HumanMLLM/LLaVA-Scissor, commit b63354c,
/// llava/model/llava_arch_zip.py. All similarities of means follow from the products of the tokens, which are computed once for any number of thresholds.
/// </remarks>
public sealed class LlavaScissor(LlavaScissor.Options options) : ITokenReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "llava-scissor",
        Name = "LLaVA-Scissor",
        Paper = "LLaVA-Scissor: Token Compression with Semantic Connected Components for Video LLMs, 2025",
        ArXiv = "2506.21862",
        OfficialCode = "HumanMLLM/LLaVA-Scissor b63354c",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Merging,
        ChooseWhen = "long scenes with recurring things and a small budget; compares all pairs of tokens, so for short videos",
        BudgetRule = "the threshold with the most regions that is found below retention * tokens; with tau given, as many regions as there are",
        Budget = BudgetPromise.AtMost,
        Order = PlanOrder.Own,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "The threshold tau is searched so that the number of tokens meets the retention from below; the paper gives tau and has no budget.",
            "Components are complete; the official code loses nodes that sit deeper than one link when it collects them (reproduce does too).",
            "All tokens are visited, in their order; the official code visits a random sample in random order when there are more than some three thousand (reproduce with errorTolerance).",
            "Tokens of zeros are similar to each other and to nothing else; the official code hands all tokens to one of them.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        var products = new CosineTable(input.Features);
        Cut cut = options.Tau is double tau ? At(tau, products, input.Grid) : Search(products, input.Grid);
        return Plan(cut, products, input.Grid);
    }

    /// <summary>Bisects 1 - tau on a logarithmic scale, where the number of regions changes smoothly, and keeps the cut with the most regions within the budget.</summary>
    private Cut Search(CosineTable products, TokenGrid grid)
    {
        const int Steps = 14;
        const double Nearest = 1e-6, Farthest = 2.5;
        int budget = Math.Max(1, Budgets.Round(options.Retention * grid.Count, Rounding.Floor));
        if (At(1, products, grid) is { } whole && whole.Count <= budget)
            return whole;
        double below = Farthest, above = Nearest;
        Cut best = At(1 - below, products, grid);
        for (int step = 0; step < Steps && best.Count < budget; step++)
        {
            double middle = Math.Sqrt(below * above);
            Cut cut = At(1 - middle, products, grid);
            if (cut.Count <= budget)
                (below, best) = (middle, cut.Count > best.Count ? cut : best);
            else
                above = middle;
        }
        return best;
    }

    /// <summary>The regions of every frame, and how they join over the video, at one threshold.</summary>
    private Cut At(double tau, CosineTable products, TokenGrid grid)
    {
        int perFrame = grid.TokensPerFrame;
        var spatial = new List<int[]>();
        int[] perFrameCounts = new int[grid.Frames];
        for (int t = 0; t < grid.Frames; t++)
        {
            var tokens = new MeanCosines(products, [.. Enumerable.Range(t * perFrame, perFrame).Select(token => new[] { token })]);
            foreach (int[] component in Components(tokens, tau, t))
                spatial.Add(Array.ConvertAll(component, place => t * perFrame + place));
            perFrameCounts[t] = spatial.Count - perFrameCounts[..t].Sum();
        }
        return new Cut(tau, perFrameCounts, spatial, Components(new MeanCosines(products, spatial), tau, grid.Frames));
    }

    /// <summary>The connected components of the graph that links what is more similar than the threshold, by their key node: that of the most links, the first on ties.</summary>
    private int[][] Components(MeanCosines nodes, double tau, int graph)
    {
        int[] visited = VisitingOrder(nodes.Count, graph);
        var components = new GraphComponents(nodes.Count);
        int[] degrees = new int[nodes.Count];
        bool[] touched = new bool[nodes.Count];
        double[] row = new double[nodes.Count];
        foreach (int node in visited)
        {
            touched[node] = true;
            nodes.From(node, row);
            for (int other = 0; other < row.Length; other++)
            {
                if (!(row[other] > tau))
                    continue;
                degrees[node]++;
                touched[other] = true;
                components.Join(node, other);
            }
        }
        foreach (int node in Enumerable.Range(0, nodes.Count).Except(visited))
        {
            nodes.From(node, row);
            foreach (double cosine in row)
                degrees[node] += cosine > tau ? 1 : 0;
        }
        IEnumerable<int[]> found = options.Reproduce ? Shallow(components, visited, touched) : components.Members();
        return [.. found.OrderBy(members => members.MaxBy(member => degrees[member]))];
    }

    /// <summary>The official collection: nodes whose own entry is a root; deeper ones are lost, untouched ones stand alone.</summary>
    private static IEnumerable<int[]> Shallow(GraphComponents components, int[] visited, bool[] touched)
    {
        int[] roots = [.. visited.Select(components.Find).Distinct().Order()];
        ILookup<int, int> byEntry = Enumerable.Range(0, touched.Length).ToLookup(node => components.ParentEntries[node]);
        return roots.Select(root => byEntry[root].ToArray()).Concat(Enumerable.Range(0, touched.Length).Where(node => !touched[node]).Select(node => new[] { node }));
    }

    private int[] VisitingOrder(int nodes, int graph)
    {
        if (!options.Reproduce)
            return [.. Enumerable.Range(0, nodes)];
        double wanted = Math.Ceiling(Math.Log(nodes) / (options.ErrorTolerance * options.ErrorTolerance));
        return options.VisitingOrders is { } orders ? orders[graph] : [.. Enumerable.Range(0, (int)Math.Min(nodes, wanted))];
    }

    /// <summary>Hands every token to the most similar region, which becomes the mean of its own mean and all that it is handed.</summary>
    private static ReductionPlan Plan(Cut cut, CosineTable products, TokenGrid grid)
    {
        (int[] Sources, double[] Weights)[] means = [.. cut.Temporal.Select(cut.Mean)];
        int[] assignment = Assign(means, products);
        int[][] handed = Merging.Members(assignment, means.Length);
        var plan = new ReductionPlanBuilder(grid.Count);
        double[] shares = new double[grid.Count];
        for (int k = 0; k < means.Length; k++)
        {
            for (int i = 0; i < means[k].Sources.Length; i++)
                shares[means[k].Sources[i]] += means[k].Weights[i];
            foreach (int token in handed[k])
                shares[token] += 1;
            int[] members = [.. means[k].Sources.Union(handed[k]).Order()];
            plan.Sum(means[k].Sources.Min(), members, Array.ConvertAll(members, member => (float)(shares[member] / (1 + handed[k].Length))), Math.Max(1, handed[k].Length));
            foreach (int member in members)
                shares[member] = 0;
        }
        return plan.Build(new PlanTrace
        {
            { "tau", new[] { cut.Tau } },
            { "spatial_components_per_frame", cut.PerFrame },
            { "spatial_component_sizes", cut.Spatial.Select(members => members.Length).ToArray() },
            { "spatial_component_members", cut.Spatial.SelectMany(members => members).ToArray() },
            { "temporal_component_sizes", cut.Temporal.Select(members => members.Length).ToArray() },
            { "temporal_component_members", cut.Temporal.SelectMany(members => members).ToArray() },
            { "assignment", assignment },
            { "assignment_counts", handed.Select(members => members.Length).ToArray() },
        });
    }

    /// <summary>The most similar region of every token, the first on ties.</summary>
    private static int[] Assign((int[] Sources, double[] Weights)[] means, CosineTable products)
    {
        int[] assignment = new int[products.Count];
        double[] best = new double[products.Count], along = new double[products.Count];
        best.AsSpan().Fill(double.NegativeInfinity);
        for (int k = 0; k < means.Length; k++)
        {
            products.Sum(means[k].Sources, means[k].Weights, 0, along);
            double square = 0;
            for (int i = 0; i < means[k].Sources.Length; i++)
                square += means[k].Weights[i] * along[means[k].Sources[i]];
            bool zero = !(square > 0);
            TensorPrimitives.Multiply(along, zero ? 0 : 1 / Math.Sqrt(square), along);
            for (int token = 0; token < along.Length; token++)
            {
                double similarity = zero && products.Product(token, token) == 0 ? 1 : along[token];
                if (similarity > best[token])
                    (best[token], assignment[token]) = (similarity, k);
            }
        }
        return assignment;
    }

    /// <summary>The regions at one threshold.</summary>
    /// <param name="Tau">The threshold.</param>
    /// <param name="PerFrame">Regions of each frame.</param>
    /// <param name="Spatial">Tokens of each frame's regions.</param>
    /// <param name="Temporal">Which of those join.</param>
    private sealed record Cut(double Tau, int[] PerFrame, IReadOnlyList<int[]> Spatial, int[][] Temporal)
    {
        public int Count => Temporal.Length;

        /// <summary>A region's token: the plain mean of the means of the frames' regions, as shares of source tokens.</summary>
        public (int[] Sources, double[] Weights) Mean(int[] region)
        {
            int[] sources = [.. region.SelectMany(part => Spatial[part])];
            double[] weights = [.. region.SelectMany(part => Enumerable.Repeat(1.0 / region.Length / Spatial[part].Length, Spatial[part].Length))];
            return (sources, weights);
        }
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Tokens of a higher cosine are linked; null: searched from the retention.</summary>
        [Parameter("tokens of a higher cosine are linked; in place of the retention", Symbol = "tau", Minimum = -1, Maximum = 1)]
        public double? Tau { get; init; }

        /// <summary>With <see cref="Reproduce"/>: a graph of n nodes is visited at <c>ceil(ln(n) / epsilon^2)</c> of them.</summary>
        [Parameter("with reproduce: how rough the sample of visited nodes may be", Symbol = "epsilon", Minimum = 0, MinimumIsExcluded = true)]
        public double ErrorTolerance { get; init; } = 0.05;

        /// <summary>With <see cref="Reproduce"/>: which nodes are visited, for every frame and then for the video; null: the first ones in their order.</summary>
        public IReadOnlyList<int[]>? VisitingOrders { get; init; }

        /// <summary>Samples nodes and loses deep ones, as the official code does.</summary>
        [Parameter("as the official code: nodes are sampled, and deep ones lost")]
        public bool Reproduce { get; init; }
    }
}
