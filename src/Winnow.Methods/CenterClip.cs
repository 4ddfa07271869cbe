using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// CenterCLIP: before a block, the patches of all frames of a segment are clustered together, and only the patches at the centres go on,
/// as one sequence.
/// </summary>
/// <remarks>
/// "CenterCLIP: Token Clustering for Efficient Text-Video Retrieval", SIGIR 2022, arXiv 2205.00823; mzhaoshuai/CenterCLIP at 886fe73,
/// modules/cluster.
/// </remarks>
public sealed class CenterClip(CenterClip.Options options) : IEncoderReducer
{
    private const int OfficialBlock = 6;
    private const int OfficialDepth = 12;

    // Added to norms that are divided by.
    private const double Epsilon = 1e-6;

    // Below this many patches of a frame, windows and automatic neighbourhoods are smaller.
    private const int LargeFrame = 100;

    // The window of the spectral form, in patches and in frames.
    private const int Reach = 4;
    private const int LargeReach = 9;
    private const int FrameReach = 3;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "centerclip",
        Name = "CenterCLIP",
        Paper = "CenterCLIP: Token Clustering for Efficient Text-Video Retrieval, SIGIR 2022",
        ArXiv = "2205.00823",
        OfficialCode = "mzhaoshuai/CenterCLIP 886fe7342956f361c9c7b93f82d05c7ec5ed677b",
        Places = MethodPlaces.InsideEncoder,
        Family = MethodFamily.Merging,
        ChooseWhen = "neighbouring frames show the same: the second half of the tower runs on what differs between them",
        BudgetRule =
            "floor(retention * patches) of each segment, at least one, are left behind the last of its blocks, geometrically fewer at "
            + "each; clusters overrides, and the baselines pooling and sampling have rules of their own",
        Budget = BudgetPromise.PerFrame,
        Order = PlanOrder.Own,
        Positions = PositionRule.Original,
        ExtraCost = "distances of all pairs of patches of a segment before its block, O((d N)^2 C); the spectral form adds O((d N)^3)",
        Deviations =
        [
            "Behind the tower every patch has the value of its cluster's centre, so that pooling and later methods keep the grid; the "
                + "official code goes on with the centres alone.",
            "Segments are counted by their frames; what is left over at the end of a group is a shorter segment, with the same share of "
                + "clusters. The official code needs equal segments.",
            "A segment with fewer patches than clusters keeps them all; the official code lists a centre twice.",
            "Each segment iterates until its own centres stay; the official code stops when they move little on the average of a batch.",
            "A retention of 1 clusters nothing and leaves frames apart.",
            "The block is the same share of the depth as the official seventh of 12, unless given.",
        ],
    };

    /// <inheritdoc/>
    public int GroupFrames => options.SegmentFrames.Aggregate(1, (frames, joined) => frames * joined);

    /// <inheritdoc/>
    public IEncoderRun Begin(EncoderContext context)
    {
        int[] blocks = EncoderBlocks.Of(options.Blocks, [OfficialBlock], OfficialDepth, context.Layers);
        StageShares.RequireOneEach(options.SegmentFrames.Count, blocks.Length, "segmentFrames");
        if (options.Clusters is { } clusters)
            StageShares.RequireOneEach(clusters.Count, blocks.Length, "clusters");
        bool rests = options is { Retention: 1, Clusters: null, ClusterBy: not Algorithm.Pooling };
        return new Run(this, rests ? [] : blocks);
    }

    /// <summary>Clusters and joins the sequences of a group.</summary>
    /// <param name="view">The rows before the block.</param>
    /// <param name="stage">Which of the method's blocks it is, from 0.</param>
    /// <param name="first">
    /// The first centre of each segment, counted in its patches, where norms are equal up to rounding and cannot decide; null for the patch
    /// of the largest norm.
    /// </param>
    public EncoderStep Reduce(EncoderView view, int stage, IReadOnlyList<int>? first = null)
    {
        SequenceRows[] sequences = SequenceRows.Of(view, view.Context.ClassTokens);
        SequenceRows[][] segments = [.. sequences.Chunk(options.SegmentFrames[stage])];
        var plan = new ReductionPlanBuilder(view.Count);
        int[] lengths = new int[segments.Length];
        var labels = new List<int>();
        for (int s = 0; s < segments.Length; s++)
        {
            int before = plan.Count;
            for (int token = 0; token < view.Context.ClassTokens; token++)
                plan.Mean(segments[s][0].Start + token, Array.ConvertAll(segments[s], frame => frame.Start + token));
            int[] rows = [.. segments[s].SelectMany(frame => Enumerable.Range(frame.FirstPatch, frame.Patches))];
            if (rows.Length > 0)
                labels.AddRange(Emit(plan, view, rows, segments[s].Length, stage, first?[s]));
            lengths[s] = plan.Count - before;
        }
        return new EncoderStep(plan.Build(new PlanTrace { { "labels", labels.ToArray() } }), lengths);
    }

    /// <summary>What is left of the patches of a segment.</summary>
    /// <returns>Number of each patch's cluster.</returns>
    private int[] Emit(ReductionPlanBuilder plan, EncoderView view, int[] rows, int frames, int stage, int? first)
    {
        if (options.ClusterBy == Algorithm.Pooling)
            return EmitPlaceMeans(plan, view, rows);
        double share = Math.Pow(options.Retention, (stage + 1.0) / options.SegmentFrames.Count);
        int wanted = options.Clusters?[stage] ?? Math.Max(1, Budgets.Round(share * rows.Sum(row => view.Sizes[row]), Rounding.Floor));
        int clusters = Math.Min(wanted, rows.Length);
        MedoidClusters found = options.ClusterBy == Algorithm.Sampling ? Sampled(rows.Length, clusters)
            : Cluster(view.Hidden.Gather(rows), clusters, Array.ConvertAll(rows, row => view.Places[row]), frames, view, first);
        int[][] members = Merging.Members(found.Labels, clusters);
        for (int c = 0; c < clusters; c++)
        {
            int centre = rows[found.Centres[c]];
            int[] own = Array.ConvertAll(members[c], member => rows[member]);
            float size = own.Sum(row => view.Sizes[row]);
            if (options.Average)
                plan.Sum(centre, own, [.. Enumerable.Repeat(1f / own.Length, own.Length)], size);
            else
                plan.Keep(centre, size, Array.FindAll(own, row => row != centre));
        }
        return found.Labels;
    }

    /// <summary>The baseline that averages each place over the frames of the segment.</summary>
    private static int[] EmitPlaceMeans(ReductionPlanBuilder plan, EncoderView view, int[] rows)
    {
        int[] places = Array.ConvertAll(rows, row => view.Context.Grid.PlaceOf(view.Places[row]));
        int[] different = [.. places.Distinct().Order()];
        int[] labels = Array.ConvertAll(places, place => Array.BinarySearch(different, place));
        foreach (int[] members in Merging.Members(labels, different.Length))
        {
            int[] own = Array.ConvertAll(members, member => rows[member]);
            plan.Sum(own[0], own, [.. Enumerable.Repeat(1f / own.Length, own.Length)], own.Sum(row => view.Sizes[row]));
        }
        return labels;
    }

    /// <summary>The baseline that takes patches at equal steps; each is followed by those up to the next.</summary>
    private static MedoidClusters Sampled(int points, int clusters)
    {
        double tick = (double)points / clusters;
        int[] centres = [.. Enumerable.Range(0, clusters).Select(i => (int)(tick / 2 + tick * i))];
        return new MedoidClusters(centres, [.. Enumerable.Range(0, points).Select(point => Math.Min((int)(point / tick), clusters - 1))]);
    }

    private MedoidClusters Cluster(TokenMatrix points, int clusters, int[] places, int frames, EncoderView view, int? first)
    {
        if (options.ClusterBy == Algorithm.Spectral)
        {
            RealMatrix embedding = SpectralEmbedding.Of(Affinity(points, places, frames, view), clusters).Rows;
            SpectralEmbedding.Normalize(embedding);
            points = embedding.ToVectors();
        }
        else if (options.PreNormalize)
            points = Normalized(points);
        double[] norms = [.. Enumerable.Range(0, points.Count).Select(i => InnerProducts.Of(points[i], points[i]))];
        RealMatrix distances = options.Metric == Distance.Cosine ? CosineDistances(points, norms) : Similarity.ScaledDistances(points);
        return KMedoids.Of(
            distances,
            first ?? TopK.Largest(norms, 1, EmitBy.Score)[0],
            clusters,
            (from, to) => TensorPrimitives.Distance(points[from], points[to]),
            options.Threshold,
            options.Iterations);
    }

    /// <summary>The graph of the spectral form over the patches of a segment.</summary>
    /// <param name="points"><c>[n, C]</c>.</param>
    /// <param name="places"><c>[n]</c>: place of each in the group.</param>
    /// <param name="frames">Sequences that the segment joins (d).</param>
    /// <param name="view">Where the encoder stands.</param>
    /// <returns><c>[n, n]</c>.</returns>
    public RealMatrix Affinity(TokenMatrix points, IReadOnlyList<int> places, int frames, EncoderView view)
    {
        RealMatrix affinity = SpectralEmbedding.HeatKernel(points, options.Sigma);
        bool large = points.Count / frames >= LargeFrame;
        if (options.Graph == AffinityGraph.Nearest)
            SpectralEmbedding.KeepNearest(affinity, options.GraphNeighbours ?? 5 * frames + (large ? 5 : 0));
        if (!options.Window)
            return affinity;
        (int reach, int columns) = (large ? LargeReach : Reach, view.Context.Grid.Columns);
        for (int i = 0; i < points.Count; i++)
            for (int j = 0; j < points.Count; j++)
            {
                (int a, int b) = (view.Context.Grid.PlaceOf(places[i]), view.Context.Grid.PlaceOf(places[j]));
                if (Math.Abs(a / columns - b / columns) > reach || Math.Abs(a % columns - b % columns) > reach
                    || Math.Abs(view.Context.Grid.FrameOf(places[i]) - view.Context.Grid.FrameOf(places[j])) > FrameReach)
                    affinity[i, j] = 0;
            }
        return affinity;
    }

    private static RealMatrix CosineDistances(TokenMatrix points, double[] squares)
    {
        RealMatrix distances = InnerProducts.Among(points);
        double[] scales = Array.ConvertAll(squares, square => 1 / (Math.Sqrt(square) + Epsilon));
        for (int i = 0; i < scales.Length; i++)
            for (int j = 0; j < scales.Length; j++)
                distances[i, j] = 1 - distances[i, j] * scales[i] * scales[j];
        return distances;
    }

    private static TokenMatrix Normalized(TokenMatrix points)
    {
        float[] values = points.Values.ToArray();
        for (int i = 0; i < points.Count; i++)
        {
            Span<float> point = values.AsSpan(i * points.Dimension, points.Dimension);
            TensorPrimitives.Divide(point, (float)(Math.Sqrt(InnerProducts.Of(point, point)) + Epsilon), point);
        }
        return new TokenMatrix(values, points.Dimension);
    }

    private sealed class Run(CenterClip method, int[] blocks) : IEncoderRun
    {
        public bool ProportionalAttention => false;

        public EncoderNeeds? NeedsAt(EncoderPoint point) =>
            point.Moment == EncoderMoment.BeforeBlock && blocks.Contains(point.Layer) ? EncoderNeeds.States : null;

        public EncoderStep? Decide(EncoderView view) => method.Reduce(view, Array.IndexOf(blocks, view.Point.Layer));
    }

    /// <summary>How a segment is reduced.</summary>
    public enum Algorithm
    {
        /// <summary>Clusters around patches.</summary>
        KMedoids,

        /// <summary>The same on the smoothest functions of a graph of likenesses.</summary>
        Spectral,

        /// <summary>Baseline: means over the frames of the segment, place by place.</summary>
        Pooling,

        /// <summary>Baseline: patches at equal steps.</summary>
        Sampling,
    }

    /// <summary>What lies between two patches.</summary>
    public enum Distance
    {
        /// <summary>The Euclidean distance.</summary>
        Euclidean,

        /// <summary>1 minus the cosine.</summary>
        Cosine,
    }

    /// <summary>Graph of the spectral form.</summary>
    public enum AffinityGraph
    {
        /// <summary>The heat kernel between all pairs.</summary>
        Whole,

        /// <summary>The heat kernel between nearest neighbours.</summary>
        Nearest,
    }

    /// <summary>Parameters; the defaults are the official ones.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Blocks before which patches are clustered, 0-based and rising; null for one as deep as 6 of 12.</summary>
        [Parameter("blocks before which patches are clustered; auto: one as deep as 6 of 12", Minimum = 1)]
        public IReadOnlyList<int>? Blocks { get; init; }

        /// <summary>Sequences (at first: frames) that become one at each block.</summary>
        [Parameter("sequences, at first frames, that become one at each of the blocks", Symbol = "d", Minimum = 1)]
        public IReadOnlyList<int> SegmentFrames { get; init; } = [2];

        /// <summary>Clusters of a segment at each block; null follows the retention.</summary>
        [Parameter("clusters of a segment at each of the blocks; auto follows the retention", Symbol = "K", Minimum = 1)]
        public IReadOnlyList<int>? Clusters { get; init; }

        /// <summary>How a segment is reduced.</summary>
        [Parameter("how a segment is reduced; pooling and sampling are baselines")]
        public Algorithm ClusterBy { get; init; }

        /// <summary>What lies between two patches.</summary>
        [Parameter("what lies between two patches")]
        public Distance Metric { get; init; }

        /// <summary>Whether patches are brought to length 1 before they are clustered.</summary>
        [Parameter("whether patches are brought to length 1 before they are clustered")]
        public bool PreNormalize { get; init; }

        /// <summary>Whether the mean of a cluster goes on instead of its centre.</summary>
        [Parameter("whether the mean of a cluster goes on instead of its centre")]
        public bool Average { get; init; }

        /// <summary>Where all centres of a segment together move by less, the clusters are settled.</summary>
        [Parameter("way of all centres together below which clusters are settled", Minimum = 0)]
        public double Threshold { get; init; } = 1e-6;

        /// <summary>Most iterations.</summary>
        [Parameter("most iterations", Minimum = 1)]
        public int Iterations { get; init; } = 100;

        /// <summary>Graph of the spectral form.</summary>
        [Parameter("graph of the spectral form: all pairs, or nearest neighbours")]
        public AffinityGraph Graph { get; init; }

        /// <summary>Width of the heat kernel.</summary>
        [Parameter("width of the spectral form's heat kernel", Minimum = 0, MinimumIsExcluded = true)]
        public double Sigma { get; init; } = 2;

        /// <summary>Nearest neighbours of the spectral form; null for 5 a frame, and 5 more where frames have 100 patches.</summary>
        [Parameter("nearest neighbours in the graph; auto: 5 a frame, and 5 more where frames have 100 patches", Symbol = "k", Minimum = 5)]
        public int? GraphNeighbours { get; init; }

        /// <summary>Whether only pairs close in space and time are linked in the spectral form.</summary>
        [Parameter("whether the spectral form links only pairs close in space and time")]
        public bool Window { get; init; }
    }
}
