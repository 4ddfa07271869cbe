using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// InfoMerge: FastVID that does not take the same still place twice, and gives the richer and rarer segments more anchors.
/// </summary>
/// <remarks>
/// "InfoMerge: Information-aware Token Compression for Efficient Video Large Language Models", arXiv 2606.02161. No
/// official code is published.
/// </remarks>
public sealed class InfoMerge(InfoMerge.Options options) : ITokenReducer
{
    private const double SmallestSpread = 1e-12;

    private static readonly SignalNeed Saliency =
        SignalNeed.Of(new SignalRequest(Signal.PoolingAttention), new SignalRequest(Signal.ReceivedAttention));
    private static readonly SignalNeed Descriptors = SignalNeed.Wish(new SignalRequest(Signal.FrameEmbeddings));

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "infomerge",
        Name = "InfoMerge",
        Paper = "InfoMerge: Information-aware Token Compression for Efficient Video Large Language Models, 2026",
        ArXiv = "2606.02161",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Temporal,
        ChooseWhen =
            "scenes with a still background, where the tower's saliency is at hand; its spectral entropy costs more than the rest together",
        BudgetRule = "floor((1 - contextShare) * retention * tokens) salient tokens per frame; anchors per segment rounded, at least one",
        Budget = BudgetPromise.AtMost,
        Order = PlanOrder.Place,
        Positions = PositionRule.Original,
        Deviations =
        [
            "No official code is published; what the paper leaves open follows FastVID's LLaVA-Video port or this project's choice.",
            "Chosen by this project: ties and halves, population standard deviations, the means of still places (made once, from the"
                + " original tokens), and anchor frames in the order of time.",
            "The paper tunes sharpness, staticShare and penalty for each retention; the defaults are those for 0.1.",
            "Without the pooling head of the tower's original file, the attention that each place receives stands for the saliency, and"
                + " the mean token of a frame for its descriptor.",
            "Anchors that a frame cannot hold are lost.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [Saliency, Descriptors];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int frames, int perFrame) = (input.Grid.Frames, input.Grid.TokensPerFrame);
        RealMatrix frameMeans = FrameMeans.Of(input.Features, perFrame);
        double[] similarity = FrameMeans.AdjacentCosines(
            input.Find(Descriptors) is { } embeddings ? embeddings.AsMatrix() : frameMeans.ToVectors());
        Segment[] segments = Segmentation.FromCuts(
            Segmentation.CutsBelowOrLowest(similarity, options.SegmentThreshold, Math.Min(options.MinSegments, frames) - 1), frames);
        int salientPerFrame = Budgets.Round((1 - options.ContextShare) * options.Retention * perFrame, Rounding.Floor);
        int[] anchorBudgets = AnchorBudgets(input, segments, frameMeans);
        double[] saliency = AttentionScores.OfPlaces(input.Require(Saliency), input.Grid.Count);
        var taken = new SortedDictionary<int, Kept>[segments.Length];
        var still = new int[segments.Length][];
        input.Parallel(segments.Length, k =>
        {
            taken[k] = [];
            still[k] = StillPlaces(input.Features, perFrame, segments[k]);
            var segment = new SegmentTokens(input.Features, perFrame, segments[k], still[k]);
            foreach (int token in Salient(segment, saliency, salientPerFrame))
                taken[k].Add(token, new Kept(segment.Sources(token), []));
            Anchors(segment, anchorBudgets[k], [.. taken[k].Keys], taken[k]);
        });
        var plan = new ReductionPlanBuilder(input.Grid.Count);
        foreach ((int token, Kept kept) in taken.SelectMany(segment => segment))
            plan.Around(token, kept.Centre, kept.Joined, options.CentreWeight);
        return plan.Build(new PlanTrace
        {
            { PlanTrace.SegmentStarts, Segmentation.Starts(segments) },
            { "similarity", similarity },
            { "anchor_budgets", anchorBudgets },
            { "still_places", still.SelectMany(places => places).ToArray() },
        });
    }

    /// <summary>
    /// The places of a segment whose pattern of similarities over time changes least from frame to frame (the second-order measure TFD).
    /// </summary>
    private int[] StillPlaces(TokenMatrix features, int perFrame, Segment segment)
    {
        if (segment.Length == 1)
            return [];
        double[] changes = new double[perFrame];
        for (int p = 0; p < perFrame; p++)
        {
            int[] overTime = [.. Enumerable.Range(segment.Start, segment.Length).Select(t => t * perFrame + p)];
            RealMatrix pattern = Similarity.Cosines(features, overTime);
            for (int l = 0; l + 1 < segment.Length; l++)
                for (int other = 0; other < segment.Length; other++)
                    changes[p] += Math.Abs(pattern[l + 1, other] - pattern[l, other]);
        }
        return TopK.Smallest(changes, Budgets.Round(options.StaticShare * perFrame, Rounding.Floor), EmitBy.Place);
    }

    /// <summary>How many anchors each segment gets: by how it differs from the video, and by how many directions its tokens fill.</summary>
    private int[] AnchorBudgets(ReductionInput input, Segment[] segments, RealMatrix frameMeans)
    {
        double[] video = FrameMeans.OfSegments(frameMeans, [new Segment(0, frameMeans.Rows)])[0].ToArray();
        RealMatrix means = FrameMeans.OfSegments(frameMeans, segments);
        double[] uniqueness = new double[segments.Length], richness = new double[segments.Length];
        input.Parallel(segments.Length, k =>
        {
            uniqueness[k] = 1 - Similarity.Cosine(means[k], video);
            int perFrame = input.Grid.TokensPerFrame;
            richness[k] = SpectralEntropy(input.Features.Slice(segments[k].Start * perFrame, segments[k].Length * perFrame));
        });
        double[] standing = Standardized(uniqueness), rich = Standardized(richness);
        double[] weights = new double[segments.Length];
        for (int k = 0; k < weights.Length; k++)
            weights[k] = segments[k].Length
                / (1 + Math.Exp(-options.Sharpness * (options.Uniqueness * standing[k] + options.Richness * rich[k])));
        double total = options.ContextShare * options.Retention * input.Grid.Count, sum = weights.Sum();
        return Array.ConvertAll(weights, weight => Math.Max(1, Budgets.Round(total * weight / sum, Rounding.HalfEven)));
    }

    /// <summary>Entropy of the shares of the squared singular values, between 0 (one direction) and 1 (all alike).</summary>
    private static double SpectralEntropy(TokenMatrix tokens)
    {
        int rank = Math.Min(tokens.Count, tokens.Dimension);
        if (rank == 1)
            return 0;
        // Both products have the same eigenvalues but for zeros; the smaller one is cheaper.
        double[] values = SymmetricEigenvalues.Of(InnerProducts.Among(tokens.Count <= tokens.Dimension ? tokens : Transposed(tokens)));
        double sum = values.Sum(value => Math.Max(0, value)), entropy = 0;
        foreach (double value in values)
            if (value > 0)
                entropy -= value / sum * Math.Log(value / sum);
        return entropy / Math.Log(rank);
    }

    private static TokenMatrix Transposed(TokenMatrix tokens)
    {
        float[] columns = new float[tokens.Count * tokens.Dimension];
        for (int i = 0; i < tokens.Count; i++)
            for (int d = 0; d < tokens.Dimension; d++)
                columns[d * tokens.Count + i] = tokens[i][d];
        return new TokenMatrix(columns, tokens.Count);
    }

    private static double[] Standardized(double[] values)
    {
        double mean = TensorPrimitives.Average<double>(values), spread = Spread(values);
        return Array.ConvertAll(values, value => spread < SmallestSpread ? 0 : (value - mean) / spread);
    }

    private static double Spread(ReadOnlySpan<double> values)
    {
        double mean = TensorPrimitives.Average(values), squares = 0;
        foreach (double value in values)
            squares += (value - mean) * (value - mean);
        return Math.Sqrt(squares / values.Length);
    }

    /// <summary>
    /// The most salient tokens of each frame; a still place that an earlier frame of the segment gave already ranks far lower.
    /// </summary>
    private IEnumerable<int> Salient(SegmentTokens segment, double[] saliency, int count)
    {
        var seen = new HashSet<int>();
        for (int t = segment.Frames.Start; t < segment.Frames.End; t++)
        {
            double[] scores = saliency[(t * segment.PerFrame)..((t + 1) * segment.PerFrame)];
            double penalty = options.Penalty * Spread(scores);
            foreach (int place in seen)
                scores[place] -= penalty;
            foreach (int place in TopK.Largest(scores, count, EmitBy.Place))
            {
                if (segment.IsStill(place) && seen.Add(place))
                    segment.Freeze(place, t);
                yield return t * segment.PerFrame + place;
            }
        }
    }

    /// <summary>
    /// Density peaks of every few frames, counted back from the segment's last; each anchor frame takes in the whole rest of
    /// the segment by itself.
    /// </summary>
    private void Anchors(SegmentTokens segment, int budget, HashSet<int> salient, SortedDictionary<int, Kept> taken)
    {
        const int Neighbours = 4;
        int[] shares = Budgets.Equal(budget, (segment.Frames.Length + options.AnchorStep - 1) / options.AnchorStep);
        var seen = new HashSet<int>();
        TokenMatrix features = segment.Effective;
        int[] rest = [.. Enumerable.Range(0, features.Count).Where(i => !salient.Contains(segment.First + i))];
        for (int i = shares.Length - 1; i >= 0; i--)
        {
            int frame = segment.Frames.Length - 1 - i * options.AnchorStep;
            int[] others = [.. rest.Where(token => token / segment.PerFrame == frame)];
            // Fewer tokens than anchor frames leave some of these without a share.
            if (others.Length == 0 || shares[i] == 0)
                continue;
            DensityPeaks peaks = DensityPeaks.Of(Similarity.ScaledDistances(features, others), Math.Min(Neighbours, others.Length));
            double[] scores = [.. others.Select((token, n) =>
                seen.Contains(token % segment.PerFrame) ? double.NegativeInfinity : peaks.Score[n])];
            int[] anchors = Array.ConvertAll(TopK.Largest(scores, Math.Min(shares[i], others.Length), EmitBy.Place), n => others[n]);
            seen.UnionWith(anchors.Select(token => token % segment.PerFrame).Where(segment.IsStill));
            Merge(segment, features, anchors, [.. rest.Except(anchors)], taken);
        }
    }

    private static void Merge(SegmentTokens segment, TokenMatrix features, int[] anchors, int[] pool, SortedDictionary<int, Kept> taken)
    {
        RealMatrix similarity = Similarity.Cosines(features, pool, anchors);
        Kept[] kept = Array.ConvertAll(anchors, anchor => new Kept(segment.Sources(segment.First + anchor), []));
        for (int i = 0; i < pool.Length; i++)
            kept[TensorPrimitives.IndexOfMax<double>(similarity[i])].Joined.Add(segment.Sources(segment.First + pool[i]));
        for (int a = 0; a < anchors.Length; a++)
            taken.Add(segment.First + anchors[a], kept[a]);
    }

    /// <summary>A kept token: the source tokens whose mean it is, and those of the tokens that join it.</summary>
    private sealed record Kept(int[] Centre, List<int[]> Joined);

    /// <summary>
    /// The tokens of a segment, in which still places are frozen to their mean from the frame on that first selects them.
    /// </summary>
    private sealed class SegmentTokens(TokenMatrix features, int perFrame, Segment frames, int[] still)
    {
        private readonly Dictionary<int, int> _frozenFrom = [];

        public Segment Frames => frames;

        public int PerFrame => perFrame;

        public int First => frames.Start * perFrame;

        public bool IsStill(int place) => Array.BinarySearch(still, place) >= 0;

        public void Freeze(int place, int frame) => _frozenFrom.Add(place, frame);

        /// <summary>The source tokens whose mean stands at a token.</summary>
        public int[] Sources(int token) => _frozenFrom.TryGetValue(token % perFrame, out int frame) && token / perFrame >= frame
            ? [.. Enumerable.Range(frames.Start, frames.Length).Select(t => t * perFrame + token % perFrame)]
            : [token];

        /// <summary><c>[|V| * N, D]</c>: the tokens as they now are.</summary>
        public TokenMatrix Effective
        {
            get
            {
                TokenMatrix original = features.Slice(First, frames.Length * perFrame);
                if (_frozenFrom.Count == 0)
                    return original;
                float[] values = original.Values.ToArray();
                float[] mean = new float[features.Dimension];
                foreach ((int place, int from) in _frozenFrom)
                {
                    Array.Clear(mean);
                    for (int t = 0; t < frames.Length; t++)
                        TensorPrimitives.Add(mean, original[t * perFrame + place], mean);
                    TensorPrimitives.Divide(mean, frames.Length, mean);
                    for (int t = from - frames.Start; t < frames.Length; t++)
                        mean.CopyTo(values, (t * perFrame + place) * features.Dimension);
                }
                return new TokenMatrix(values, features.Dimension);
            }
        }
    }

    /// <summary>Parameters; the defaults are the paper's for a retention of 0.1, and FastVID's.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Share of the budget that goes to anchors.</summary>
        [Parameter("share of the budget for anchors", Symbol = "d", Minimum = 0, Maximum = 1)]
        public double ContextShare { get; init; } = 0.4;

        /// <summary>How sharply anchors go to the unique and rich segments.</summary>
        [Parameter("how sharply anchors go to unique and rich segments", Symbol = "tau", Minimum = 0)]
        public double Sharpness { get; init; } = 1.2;

        /// <summary>Share of the places of a segment that count as still.</summary>
        [Parameter("share of the places of a segment that count as still", Symbol = "rho", Minimum = 0, Maximum = 1)]
        public double StaticShare { get; init; } = 0.1;

        /// <summary>What a still place loses once it is selected, in standard deviations of its frame's saliency.</summary>
        [Parameter("what a still place loses once selected, in standard deviations of the saliency", Symbol = "lambda", Minimum = 0)]
        public double Penalty { get; init; } = 12;

        /// <summary>Weight of a segment's difference from the video.</summary>
        [Parameter("weight of a segment's difference from the video", Symbol = "alpha", Minimum = 0)]
        public double Uniqueness { get; init; } = 0.9;

        /// <summary>Weight of a segment's spectral entropy.</summary>
        [Parameter("weight of a segment's spectral entropy", Symbol = "beta", Minimum = 0)]
        public double Richness { get; init; } = 0.1;

        /// <summary>The least similar neighbours are cut until there are so many segments.</summary>
        [Parameter("at least so many segments", Symbol = "c", Minimum = 1)]
        public int MinSegments { get; init; } = 8;

        /// <summary>Neighbouring frames below this cosine are always cut.</summary>
        [Parameter("neighbouring frames below this cosine start a new segment")]
        public double SegmentThreshold { get; init; } = 0.9;

        /// <summary>One frame in so many, counted back from a segment's last, has anchors.</summary>
        [Parameter("one anchor frame in so many", Symbol = "p", Minimum = 1)]
        public int AnchorStep { get; init; } = 4;

        /// <summary>Share of an anchor in its merged token.</summary>
        [Parameter("share of an anchor in its merged token", Symbol = "mu", Minimum = 0, Maximum = 1)]
        public double CentreWeight { get; init; } = 0.6;
    }
}
