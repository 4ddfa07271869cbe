using System.Buffers;
using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// LLaVA-Scissor: connected regions of similar tokens, first inside every frame, then over the video; each region becomes one token.
/// </summary>
/// <remarks>
/// "LLaVA-Scissor: Token Compression with Semantic Connected Components for Video LLMs", arXiv 2506.21862. Follows HumanMLLM/LLaVA-Scissor,
/// commit b63354c, llava/model/llava_arch_zip.py. All similarities of means follow from the products of the tokens, which are computed once
/// for any number of thresholds.
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
        BudgetRule = "at most floor(retention * tokens): the threshold is searched until 1% below it or twelve guesses; with tau given, "
            + "as many regions as there are",
        Budget = BudgetPromise.AtMost,
        Order = PlanOrder.Own,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "The threshold tau is searched so that the number of tokens meets the retention from below; the paper gives tau and has no "
                + "budget.",
            "Components are complete; the official code loses nodes that sit deeper than one link when it collects them (reproduce does "
                + "too).",
            "All tokens are visited, in their order; the official code visits a random sample in random order when there are more than "
                + "some three thousand (reproduce with errorTolerance).",
            "Tokens of zeros are similar to each other and to nothing else; the official code hands all tokens to one of them.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        using var products = new CosineTable(input.Features, input.Parallel);
        var tokens = new Tokens(products, input);
        Cut cut = options.Tau is double tau ? At(tau, tokens) : Search(tokens);
        return Plan(cut, products, input);
    }

    /// <summary>
    /// Searches the threshold: the number of regions is close to a power of 1 - tau, so guesses are interpolated on logarithmic scales.
    /// </summary>
    private Cut Search(Tokens tokens)
    {
        const int Guesses = 12;
        const double Enough = 0.99, FirstGuess = 0.9;
        double stride = Math.Log(3), farthest = Math.Log(2.5);
        int count = tokens.Products.Count, budget = Math.Max(1, Budgets.Round(options.Retention * count, Rounding.Floor));
        if (budget == count)
            return At(1, tokens);
        Cut? best = null;
        (double At, int Count)? coarse = null, fine = null;
        double at = Math.Log(1 - FirstGuess);
        for (int guess = 0; guess < Guesses && !(best?.Count >= Enough * budget); guess++)
        {
            Cut cut = At(1 - Math.Exp(at), tokens);
            if (cut.Count <= budget)
                (coarse, best) = ((at, cut.Count), best?.Count >= cut.Count ? best : cut);
            else
                fine = (at, cut.Count);
            at = (coarse, fine) switch
            {
                ({ } few, { } many) => Between(few, many, budget * (1 + Enough) / 2),
                (null, _) => Math.Min(at + stride, farthest),
                _ => at - stride,
            };
        }
        return best ?? At(1 - Math.Exp(farthest), tokens);
    }

    private static double Between((double At, int Count) few, (double At, int Count) many, double wanted)
    {
        // Never too close to either end, so that the bracket shrinks whatever the curve.
        double share = Math.Clamp(Math.Log(many.Count / wanted) / Math.Log((double)many.Count / few.Count), 0.1, 0.9);
        return many.At + share * (few.At - many.At);
    }

    /// <summary>The regions of every frame, and how they join over the video, at one threshold.</summary>
    private Cut At(double tau, Tokens tokens)
    {
        int[][][] regions = new int[tokens.Frames.Length][][];
        tokens.Parallel(regions.Length, t =>
        {
            regions[t] = Components(tokens.Frames[t], tau, t);
            // From places to tokens.
            foreach (int[] region in regions[t])
                TensorPrimitives.Add(region, t * tokens.Frames[t].Count, region);
        });
        int[][] spatial = [.. regions.SelectMany(frame => frame)];
        int[][] temporal = Components(new MeanCosines(tokens.Products, spatial), tau, regions.Length, tokens.Parallel);
        return new Cut(tau, Array.ConvertAll(regions, frame => frame.Length), spatial, temporal);
    }

    /// <summary>
    /// The connected components of the graph that links what is more similar than the threshold, by their key node: that of the most links,
    /// the first on ties.
    /// </summary>
    private int[][] Components(MeanCosines nodes, double tau, int graph, ParallelFor? parallel = null)
    {
        int[] degrees = new int[nodes.Count];
        int[][] found = options.Reproduce
            ? [.. Shallow(nodes, tau, VisitingOrder(nodes.Count, graph), degrees)]
            : nodes.Link(tau, degrees, parallel).Members();
        Array.Sort(Array.ConvertAll(found, members => KeyNode(members, degrees)), found);
        return found;
    }

    private static int KeyNode(int[] members, int[] degrees)
    {
        int key = members[0];
        foreach (int member in members)
            key = degrees[member] > degrees[key] ? member : key;
        return key;
    }

    /// <summary>
    /// The official search and collection: only visited nodes link; nodes whose own entry is no root in the end are lost, and untouched
    /// ones stand alone.
    /// </summary>
    private static IEnumerable<int[]> Shallow(MeanCosines nodes, double tau, int[] visited, int[] degrees)
    {
        var components = new GraphComponents(nodes.Count);
        bool[] touched = new bool[nodes.Count];
        float[] row = new float[nodes.Count];
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
            foreach (float cosine in row)
                degrees[node] += cosine > tau ? 1 : 0;
        }
        int[] roots = [.. visited.Select(components.Find).Distinct().Order()];
        ILookup<int, int> byEntry = Enumerable.Range(0, nodes.Count).ToLookup(node => components.ParentEntries[node]);
        return roots.Select(root => byEntry[root].ToArray())
            .Concat(Enumerable.Range(0, nodes.Count).Where(node => !touched[node]).Select(node => new[] { node }));
    }

    private int[] VisitingOrder(int nodes, int graph)
    {
        double wanted = Math.Ceiling(Math.Log(nodes) / (options.ErrorTolerance * options.ErrorTolerance));
        return options.VisitingOrders is { } orders ? orders[graph] : [.. Enumerable.Range(0, (int)Math.Min(nodes, wanted))];
    }

    /// <summary>Hands every token to the most similar region, which becomes the mean of its own mean and all that it is handed.</summary>
    private static ReductionPlan Plan(Cut cut, CosineTable products, ReductionInput input)
    {
        (int[] Sources, double[] Weights)[] means = [.. cut.Temporal.Select(cut.Mean)];
        int[] assignment = Assign(means, products, input);
        int[][] handed = Merging.Members(assignment, means.Length);
        var plan = new ReductionPlanBuilder(input.Grid.Count);
        double[] shares = new double[input.Grid.Count];
        for (int k = 0; k < means.Length; k++)
        {
            for (int i = 0; i < means[k].Sources.Length; i++)
                shares[means[k].Sources[i]] += means[k].Weights[i];
            foreach (int token in handed[k])
                shares[token] += 1;
            int[] members = [.. means[k].Sources.Union(handed[k]).Order()];
            float[] weights = Array.ConvertAll(members, member => (float)(shares[member] / (1 + handed[k].Length)));
            plan.Sum(means[k].Sources.Min(), members, weights, Math.Max(1, handed[k].Length));
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
    private static int[] Assign((int[] Sources, double[] Weights)[] means, CosineTable products, ReductionInput input)
    {
        const int Stretch = 1024;
        double[] inverse = new double[means.Length];
        input.Parallel(means.Length, k => inverse[k] = InverseNorm(means[k].Sources, means[k].Weights, input.Features));
        int[] assignment = new int[products.Count];
        input.Parallel((products.Count + Stretch - 1) / Stretch, piece =>
        {
            int first = piece * Stretch, length = Math.Min(Stretch, products.Count - first);
            double[] best = new double[length], along = new double[length];
            long[] owners = new long[length];
            Array.Fill(best, double.NegativeInfinity);
            for (int k = 0; k < means.Length; k++)
            {
                if (inverse[k] > 0)
                    products.Sum(means[k].Sources, means[k].Weights, first, along);
                else
                    MarkZeros(products, first, along);
                RunningMaximum.Raise(along, inverse[k] > 0 ? inverse[k] : 1, k, best, owners);
            }
            for (int i = 0; i < length; i++)
                assignment[first + i] = (int)owners[i];
        });
        return assignment;
    }

    /// <summary>Similarities to a mean of length zero: 1 for tokens of zeros, 0 for the others.</summary>
    private static void MarkZeros(CosineTable products, int first, Span<double> similarities)
    {
        for (int i = 0; i < similarities.Length; i++)
            similarities[i] = products.Product(first + i, first + i) == 0 ? 1 : 0;
    }

    /// <summary>One over the length of a weighted sum of tokens; 0 where it vanishes.</summary>
    private static double InverseNorm(int[] sources, double[] weights, TokenMatrix features)
    {
        // Many small sums one after the other: new memory for each would call for the garbage collector.
        double[] rented = ArrayPool<double>.Shared.Rent(2 * features.Dimension);
        Span<double> sum = rented.AsSpan(0, features.Dimension), wide = rented.AsSpan(features.Dimension, features.Dimension);
        sum.Clear();
        for (int i = 0; i < sources.Length; i++)
        {
            TensorPrimitives.ConvertTruncating(features[sources[i]], wide);
            TensorPrimitives.MultiplyAdd(wide, weights[i], sum, sum);
        }
        double norm = TensorPrimitives.Norm<double>(sum);
        ArrayPool<double>.Shared.Return(rented);
        return norm > 0 ? 1 / norm : 0;
    }

    /// <summary>What all thresholds share: the products of all tokens, and every frame's tokens as nodes of a graph.</summary>
    private sealed class Tokens(CosineTable products, ReductionInput input)
    {
        public CosineTable Products => products;

        public ParallelFor Parallel => input.Parallel;

        public MeanCosines[] Frames { get; } =
        [
            .. Enumerable.Range(0, input.Grid.Frames).Select(t => new MeanCosines(
                products,
                [.. Enumerable.Range(t * input.Grid.TokensPerFrame, input.Grid.TokensPerFrame).Select(token => new[] { token })])),
        ];
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
            double[] weights = [.. region.SelectMany(part =>
                Enumerable.Repeat(1.0 / region.Length / Spatial[part].Length, Spatial[part].Length))];
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

        /// <summary>
        /// With <see cref="Reproduce"/>: which nodes are visited, for every frame and then for the video; null: the first ones in their
        /// order.
        /// </summary>
        public IReadOnlyList<int[]>? VisitingOrders { get; init; }

        /// <summary>Samples nodes and loses deep ones, as the official code does.</summary>
        [Parameter("as the official code: nodes are sampled, and deep ones lost")]
        public bool Reproduce { get; init; }
    }
}
