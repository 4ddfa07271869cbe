using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// FlashVID. Before the language model: diverse tokens that the tower attends to stay; the others are linked over time into trees, and what
/// is left is clustered. Inside it, late: only what the last prompt token attends to most goes on.
/// </summary>
/// <remarks>
/// "FlashVID: Efficient Video Large Language Models via Training-free Tree-based Spatiotemporal Token Merging", ICLR 2026, arXiv
/// 2602.08024; Fanziyang-v/FlashVID at 1d37422c, flashvid/utils.py (flashvid_compression, fastv_prune) and token_selection.py.
/// </remarks>
public sealed class FlashVid(FlashVid.Options options) : ITokenReducer, IPrefillReducer, IMultiPlaceMethod
{
    private const int OfficialLayer = 20;
    private const int OfficialDepth = 28;
    private const double OfficialInnerRetention = 0.3;
    private const double OfficialExpansion = 1.25;

    private static readonly SignalNeed Attention = SignalNeed.Of(new SignalRequest(Signal.ReceivedAttention));

    /// <summary>How tokens are selected outright.</summary>
    public enum Selection
    {
        /// <summary>The highest attention.</summary>
        Attention,

        /// <summary>Max-min diversity.</summary>
        Diversity,

        /// <summary>Max-min diversity, distances weighted by the candidate's attention.</summary>
        AttentionDiversity,

        /// <summary>Max-min diversity, distances weighted by the candidate's attention and by its relevance to the segment.</summary>
        AttentionDiversityRelevance,
    }

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "flashvid",
        Name = "FlashVID",
        Paper = "FlashVID: Efficient Video Large Language Models via Training-free Tree-based Spatiotemporal Token Merging, ICLR 2026",
        ArXiv = "2602.08024",
        OfficialCode = "Fanziyang-v/FlashVID 1d37422c5afcaa15ee46b5355f5ba798fa93290a",
        Places = MethodPlaces.AfterEncoder | MethodPlaces.Prefill,
        Family = MethodFamily.Temporal,
        ChooseWhen = "low retention on videos whose content moves little from frame to frame",
        BudgetRule = "retention is the average over the layers: floor(retention * expansion * tokens) before the model, split over "
            + "segments by length, fewer where trees leave fewer; ceil(innerRetention * rows) from the late layer on",
        Budget = BudgetPromise.AtMost,
        Order = PlanOrder.Place,
        Positions = PositionRule.Compact,
        ExtraCost = "inside the model one attention row per head in one layer, O(H S hd)",
        Deviations =
        [
            "A tree becomes the mean of its tokens; the official code divides its sum by one more than the root's direct children, so "
                + "long chains grow (reproduce: as there).",
            "A token is selected once and not offered again to the clusters of one-frame segments (reproduce: as there).",
            "Budgets of segments and clusters of frames sum to the whole by largest remainder; the official code rounds each frame up, "
                + "twice (reproduce: as there).",
            "expansion is 1 where the part inside the model is switched off, and no more than leaves a retention of 1: the official 1.25 "
                + "makes up for the rows that leave there.",
            "At a retention of 1 no row leaves inside the model unless innerRetention is given. The layer is the same share of the depth "
                + "as the official 20 of 28, unless given.",
            "Budgets of a whole frame and temporal thresholds of 1 or more leave tokens unlinked; the official code fails. No random "
                + "noise; ties go to the lower index.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => options.Method == Selection.Diversity ? [] : [Attention];

    /// <inheritdoc/>
    public MethodPlaces ActivePlaces => options.Active(Card.Places);

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context) =>
        new StagedRun([LayerDepth.Of(options.InnerLayer, OfficialLayer, OfficialDepth, context.Layers)], LastRow.Needs, (_, view) =>
            LastRow.KeepMostAttended(view, Budgets.Round(view.VisualCount * (options.InnerRetention
                ?? (options.Retention < 1 ? OfficialInnerRetention : 1)), Rounding.Ceiling)));

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int frames, int tokensPerFrame) = (input.Grid.Frames, input.Grid.TokensPerFrame);
        RealMatrix frameMeans = FrameMeans.Of(input.Features, tokensPerFrame);
        Segment[] segments = Segments(FrameMeans.AdjacentCosines(frameMeans), frames);
        (int selectedPerFrame, int[] budgets) = Split(input, segments);
        RealMatrix segmentMeans = FrameMeans.OfSegments(frameMeans, segments);
        double[] attention = options.Method == Selection.Diversity ? []
            : AttentionScores.OfPlaces(input.Require(Attention), input.Grid.Count);
        var emitted = new List<Tree>();
        var selected = new List<int>();
        var roots = new List<Tree>();
        for (int s = 0; s < segments.Length; s++)
        {
            int[][] picks = [.. Enumerable.Range(segments[s].Start, segments[s].Length)
                .Select(t => Select(input, t, selectedPerFrame, attention, segmentMeans[s]))];
            selected.AddRange(picks.SelectMany(frame => frame));
            emitted.AddRange(picks.SelectMany(frame => frame).Select(token => new Tree(token, [token], 1)));
            int merged = budgets[s] - selectedPerFrame * segments[s].Length;
            if (merged == 0)
                continue;
            Tree[][] trees = Trees(input, segments[s], picks, budgets[s]);
            if (segments[s].Length > 1)
                roots.AddRange(trees.SelectMany(frame => frame));
            emitted.AddRange(Cluster(input.Features, trees, merged));
        }
        var plan = new ReductionPlanBuilder(input.Grid.Count);
        foreach (Tree tree in emitted.OrderBy(tree => tree.Root))
            tree.EmitTo(plan);
        return plan.Build(new PlanTrace
        {
            { PlanTrace.SegmentStarts, Segmentation.Starts(segments) },
            { "selected_per_frame", new[] { selectedPerFrame } },
            { "segment_budgets", budgets },
            { "selected", selected.ToArray() },
            { "roots", roots.Select(tree => tree.Root).ToArray() },
            { "root_features", roots.SelectMany(tree => tree.Feature(input.Features)).ToArray() },
        });
    }

    private double Expansion => options.Expansion
        ?? (options.Parts == MethodParts.BeforeModel ? 1 : Math.Min(OfficialExpansion, 1 / options.Retention));

    /// <summary>Step 1: cuts below the threshold, topped up with the least similar neighbours.</summary>
    private Segment[] Segments(double[] similarity, int frames)
    {
        int[] below = Segmentation.CutsBelow(similarity, options.SegmentThreshold);
        double[] others = [.. similarity.Select((value, t) => below.Contains(t) ? double.PositiveInfinity : value)];
        int missing = Math.Clamp(options.MinSegments - below.Length - 1, 0, similarity.Length - below.Length);
        return Segmentation.FromCuts([.. below.Union(Segmentation.CutsLowest(others, missing)).Order()], frames);
    }

    /// <summary>Step 2: tokens selected outright in every frame, and all tokens of each segment.</summary>
    private (int SelectedPerFrame, int[] Budgets) Split(ReductionInput input, Segment[] segments)
    {
        (int frames, int tokensPerFrame) = (input.Grid.Frames, input.Grid.TokensPerFrame);
        if (options.Reproduce)
        {
            int perFrame = Math.Min(tokensPerFrame, Budgets.Round(tokensPerFrame * options.Retention * Expansion, Rounding.Ceiling));
            return (Budgets.Round(perFrame * options.Alpha, Rounding.Ceiling),
                Array.ConvertAll(segments, segment => perFrame * segment.Length));
        }
        int total = Budgets.Total(Math.Min(1, options.Retention * Expansion), input.Grid.Count);
        int selected = Math.Min(total / frames, Budgets.Round((double)total / frames * options.Alpha, Rounding.Ceiling));
        return (selected, Budgets.InProportion(Array.ConvertAll(segments, segment => segment.Length * tokensPerFrame), total));
    }

    /// <summary>Step 3: the tokens of a frame that stay as they are, by rising index.</summary>
    private int[] Select(ReductionInput input, int frame, int count, double[] attention, ReadOnlySpan<double> segmentMean)
    {
        int tokensPerFrame = input.Grid.TokensPerFrame, first = frame * tokensPerFrame;
        if (count == 0)
            return [];
        if (tokensPerFrame == 1)
            return [first];
        if (options.Method == Selection.Attention)
            return Array.ConvertAll(TopK.Largest(attention.AsSpan(first, tokensPerFrame), count, EmitBy.Place), n => first + n);
        RealMatrix distances = Similarity.Cosines(input.Frame(frame));
        TensorPrimitives.Subtract(1.0, distances.Values, distances.Values);
        double[] factors = new double[tokensPerFrame], wide = new double[input.Features.Dimension];
        for (int n = 0; n < tokensPerFrame; n++)
        {
            factors[n] = options.Method == Selection.Diversity ? 1 : attention[first + n];
            if (options.Method != Selection.AttentionDiversityRelevance)
                continue;
            TensorPrimitives.ConvertTruncating(input.Features[first + n], wide.AsSpan());
            factors[n] *= TensorPrimitives.Dot(wide, segmentMean);
        }
        // The factor belongs to the candidate, so a row of distances is weighted place by place.
        for (int n = 0; n < tokensPerFrame; n++)
            TensorPrimitives.Multiply(distances[n], factors, distances[n]);
        bool mayRepeat = options.Reproduce && options.Method == Selection.AttentionDiversityRelevance;
        PairValues rows = (token, row) => distances[token].CopyTo(row);
        int[] picks = GreedySelection.MaxMin([MostIsolated(distances)], count, tokensPerFrame, rows, repeats: mayRepeat).Order;
        Array.Sort(picks);
        return Array.ConvertAll(picks, n => first + n);
    }

    // The token whose second smallest distance is largest: the smallest is usually its distance to itself.
    private static int MostIsolated(RealMatrix distances)
    {
        double[] smallest = new double[distances.Columns], second = new double[distances.Columns], larger = new double[distances.Columns];
        Array.Fill(smallest, double.PositiveInfinity);
        Array.Fill(second, double.PositiveInfinity);
        for (int i = 0; i < distances.Rows; i++)
        {
            // Of a pair, only the larger one can be second.
            TensorPrimitives.Max(smallest, distances[i], larger);
            TensorPrimitives.Min(second, larger, second);
            TensorPrimitives.Min(smallest, distances[i], smallest);
        }
        return TensorPrimitives.IndexOfMax<double>(second);
    }

    /// <summary>Steps 4 to 6: what is not selected, linked to its most similar token of the frame before and collapsed into the earliest;
    /// per frame, by rising root.</summary>
    private Tree[][] Trees(ReductionInput input, Segment segment, int[][] picks, int budget)
    {
        int tokensPerFrame = input.Grid.TokensPerFrame, first = segment.Start * tokensPerFrame;
        var selected = picks.SelectMany(frame => frame).ToHashSet();
        if (segment.Length == 1)
            return [[.. Enumerable.Range(first, tokensPerFrame).Where(token => options.Reproduce || !selected.Contains(token))
                .Select(token => new Tree(token, [token], 1))]];
        int[] parents = Links(input, segment, selected, budget);
        var members = new List<int>[parents.Length];
        int[] children = new int[parents.Length];
        for (int i = parents.Length - 1; i >= 0; i--)
        {
            members[i] = [first + i, .. members[i] ?? []];
            if (parents[i] < 0)
                continue;
            (members[parents[i]] ??= []).AddRange(members[i]);
            children[parents[i]]++;
        }
        return [.. Enumerable.Range(0, segment.Length).Select(t => Enumerable.Range(t * tokensPerFrame, tokensPerFrame)
            .Where(i => parents[i] < 0 && !selected.Contains(first + i))
            .Select(i => new Tree(first + i, [.. members[i]], 1.0 / (options.Reproduce ? 1 + children[i] : members[i].Count))).ToArray())];
    }

    /// <summary>For each token of a segment the token before it that it is linked to, relative to the segment, or -1.</summary>
    private int[] Links(ReductionInput input, Segment segment, HashSet<int> selected, int budget)
    {
        const double Unlinked = -1;
        int tokensPerFrame = input.Grid.TokensPerFrame, first = segment.Start * tokensPerFrame;
        int[] nearest = new int[segment.Length * tokensPerFrame];
        double[] similarity = new double[nearest.Length];
        Array.Fill(similarity, Unlinked);
        for (int i = tokensPerFrame; i < nearest.Length; i += tokensPerFrame)
        {
            RealMatrix cosines = Similarity.Cosines(input.Features.Slice(first + i, tokensPerFrame),
                input.Features.Slice(first + i - tokensPerFrame, tokensPerFrame));
            int[] barred = [.. Enumerable.Range(0, tokensPerFrame).Where(n => selected.Contains(first + i - tokensPerFrame + n))];
            for (int n = 0; n < tokensPerFrame; n++)
            {
                foreach (int other in barred)
                    cosines[n, other] = Unlinked;
                int best = TensorPrimitives.IndexOfMax<double>(cosines[n]);
                (nearest[i + n], similarity[i + n]) =
                    (i - tokensPerFrame + best, selected.Contains(first + i + n) ? Unlinked : cosines[n, best]);
            }
        }
        double threshold = Floor(similarity, budget, options.TemporalThreshold);
        return [.. nearest.Select((parent, i) => similarity[i] > threshold ? parent : -1)];
    }

    /// <summary>The threshold above which tokens are linked, raised where fewer tokens than the budget would stay unlinked.</summary>
    private static double Floor(double[] similarity, int budget, double threshold)
    {
        const double AboveUnlinked = -1 + 1e-6;
        if (similarity.Count(value => value <= threshold) >= budget)
            return threshold;
        int links = similarity.Length - budget;
        return links == 0 ? double.PositiveInfinity
            : Math.Max(AboveUnlinked, similarity[TopK.Largest(similarity, links, EmitBy.Score)[^1]]);
    }

    /// <summary>Step 7: the trees of each frame, clustered down to the segment's budget.</summary>
    private IEnumerable<Tree> Cluster(TokenMatrix features, Tree[][] trees, int budget)
    {
        int[] counts = Array.ConvertAll(trees, frame => frame.Length);
        int[] wanted = counts;
        if (counts.Sum() > budget)
        {
            double ratio = (double)budget / counts.Sum();
            double[] shares = Array.ConvertAll(counts, count => count * ratio);
            wanted = options.Reproduce ? Array.ConvertAll(shares, share => Budgets.Round(share, Rounding.Ceiling))
                : Budgets.LargestRemainder(shares, counts, budget);
        }
        return trees.SelectMany((frame, t) => wanted[t] == frame.Length && !(options.Reproduce && counts.Sum() > budget) ? frame
            : Cluster(features, frame, wanted[t]));
    }

    private static Tree[] Cluster(TokenMatrix features, Tree[] trees, int count)
    {
        const int Neighbours = 7;
        if (count == 0)
            return [];
        float[] vectors = [.. trees.SelectMany(tree => tree.Feature(features))];
        RealMatrix distances = Similarity.ScaledDistances(new TokenMatrix(vectors, features.Dimension));
        int[] centres = DensityPeaks.Of(distances, Math.Min(count, Neighbours)).Centres(count, EmitBy.Score);
        int[][] members = Merging.Members(DensityPeaks.Assign(distances, centres), count);
        return [.. centres.Select((centre, c) => Tree.Mean(trees[centre].Root, Array.ConvertAll(members[c], member => trees[member])))];
    }

    /// <summary>Source tokens that become one at the index of the root.</summary>
    private sealed record Tree(int Root, int[] Members, double[] Weights)
    {
        public Tree(int root, int[] members, double weight) : this(root, members, [.. Enumerable.Repeat(weight, members.Length)])
        {
        }

        public static Tree Mean(int root, Tree[] trees) => new(root,
            [.. trees.SelectMany(tree => tree.Members)],
            [.. trees.SelectMany(tree => tree.Weights.Select(weight => weight / trees.Length))]);

        public float[] Feature(TokenMatrix features)
        {
            float[] sum = new float[features.Dimension];
            for (int i = 0; i < Members.Length; i++)
                TensorPrimitives.MultiplyAdd(features[Members[i]], (float)Weights[i], sum, sum);
            return sum;
        }

        public void EmitTo(ReductionPlanBuilder plan) =>
            plan.Sum(Root, Members, Array.ConvertAll(Weights, weight => (float)weight), Members.Length);
    }

    /// <summary>Parameters; the defaults are those of the official LLaVA scripts.</summary>
    public sealed record Options : MultiPlaceOptions
    {
        /// <summary>Tokens kept before the model for each that the retention asks for (official: 1.25); null for that, or 1 without the
        /// part inside the model.</summary>
        [Parameter("tokens kept before the model for each that the retention asks for; auto: 1.25, or 1 without the part inside",
            Symbol = "e", Minimum = 0, MinimumIsExcluded = true)]
        public double? Expansion { get; init; }

        /// <summary>Share of a frame's budget that is selected outright.</summary>
        [Parameter("share of a frame's budget that is selected outright", Symbol = "alpha", Minimum = 0, Maximum = 1)]
        public double Alpha { get; init; } = 0.7;

        /// <summary>How tokens are selected outright.</summary>
        [Parameter("how tokens are selected outright")]
        public Selection Method { get; init; } = Selection.AttentionDiversityRelevance;

        /// <summary>A token more similar than this to one of the frame before is linked to it.</summary>
        [Parameter("tokens more similar than this to one of the frame before are linked", Symbol = "T_tau")]
        public double TemporalThreshold { get; init; } = 0.8;

        /// <summary>Neighbouring frames below this cosine start a new segment.</summary>
        [Parameter("neighbouring frames below this cosine start a new segment", Symbol = "S_tau")]
        public double SegmentThreshold { get; init; } = 0.9;

        /// <summary>The least similar neighbours are cut until there are so many segments.</summary>
        [Parameter("at least so many segments", Minimum = 1)]
        public int MinSegments { get; init; } = 8;

        /// <summary>Layer from which on fewer rows go on inside the model (official: 20 of 28); null for the same share of the loaded
        /// model's depth.</summary>
        [Parameter("layer from which on fewer rows go on inside the model; auto: as deep as layer 20 of 28", Minimum = 1)]
        public int? InnerLayer { get; init; }

        /// <summary>Share of the visual rows that goes on there (official: 0.3); null for that, or 1 at a retention of 1.</summary>
        [Parameter("share of the visual rows that goes on there; auto: 0.3, or 1 at a retention of 1", Minimum = 0, Maximum = 1)]
        public double? InnerRetention { get; init; }

        /// <summary>Whether the official quirks are kept; see the card's deviations.</summary>
        [Parameter("keep the official quirks")]
        public bool Reproduce { get; init; }
    }
}
