using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>FastVID: in every frame the salient tokens stay, and the density peaks of a few anchor frames of each segment take in the
/// rest.</summary>
/// <remarks>
/// "FastVID: Dynamic Density Pruning for Fast Video Large Language Models", NeurIPS 2025, arXiv 2503.11187; LunarShen/FastVID at a40a109c.
/// Its three ports keep different tokens for equal parameters; <see cref="Port"/> names them.
/// </remarks>
public sealed class FastVid(FastVid.Options options) : ITokenReducer
{
    private static readonly SignalNeed Saliency =
        SignalNeed.Of(new SignalRequest(Signal.PoolingAttention), new SignalRequest(Signal.ReceivedAttention));
    private static readonly SignalNeed Descriptors = SignalNeed.Wish(new SignalRequest(Signal.FrameEmbeddings));

    /// <summary>The official ports.</summary>
    public enum Port
    {
        /// <summary>LLaVA-OneVision: every frame has the same budget; anchors may take each other in.</summary>
        OneVision,

        /// <summary>LLaVA-Video: every segment has a budget, spread over its frames without loss.</summary>
        Video,

        /// <summary>Qwen2.5-VL: as <see cref="Video"/>, and nearly equal frames of a segment count as one.</summary>
        Qwen,
    }

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "fastvid",
        Name = "FastVID",
        Paper = "FastVID: Dynamic Density Pruning for Fast Video Large Language Models, NeurIPS 2025",
        ArXiv = "2503.11187",
        OfficialCode = "LunarShen/FastVID a40a109c",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Temporal,
        ChooseWhen = "long videos in scenes, where the tower's saliency is at hand; keeps positions",
        BudgetRule = "floor(retention * tokens), split over frames evenly; anchors that their frames cannot hold are lost",
        Budget = BudgetPromise.AtMost,
        Order = PlanOrder.Place,
        Positions = PositionRule.Original,
        Deviations =
        [
            "Without the pooling head of the tower's original file, the attention that each place receives stands for the saliency, and "
                + "the mean token of a frame for its descriptor.",
            "Frames share the whole budget, and anchor frames the whole context of their segment; the official code rounds each frame "
                + "down, and the OneVision port each anchor frame too "
                + "(reproduce: as there).",
            "A retention that covers whole frames keeps everything; fewer frames than minSegments, no context, or more anchors than "
                + "tokens are capped; the official ports fail.",
            "No random noise is added to densities; ties go to the lower index.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [Saliency, Descriptors];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int frames, int tokensPerFrame) = (input.Grid.Frames, input.Grid.TokensPerFrame);
        int[] budgets = options.Reproduce
            ? [.. Enumerable.Repeat(Math.Max(1, Budgets.Round(tokensPerFrame * options.Retention, Rounding.Floor)), frames)]
            : Budgets.Equal(Budgets.Total(options.Retention, input.Grid.Count), frames);
        if (budgets[^1] == tokensPerFrame)
            return ReductionPlan.Keep([.. Enumerable.Range(0, input.Grid.Count)], input.Grid.Count);
        TokenMatrix descriptors = input.Find(Descriptors)?.AsMatrix() ?? FrameMeans.Of(input.Features, tokensPerFrame).ToVectors();
        double[] similarity = FrameMeans.AdjacentCosines(descriptors);
        int[] cuts = Segmentation.CutsBelowOrLowest(similarity, options.SegmentThreshold, Math.Min(options.MinSegments, frames) - 1);
        Segment[] segments = Segmentation.FromCuts(cuts, frames);
        double[] attention = AttentionScores.OfPlaces(input.Require(Saliency), input.Grid.Count);
        var shares = new Shares(new int[frames], new int[frames]);
        foreach (Segment segment in segments)
            Share(segment, budgets, tokensPerFrame, similarity, shares);
        FrameTokens[] tokens = [.. Enumerable.Range(0, frames).Select(t => Classify(input, t, attention, shares))];
        return Merge(input, segments, tokens, new PlanTrace
        {
            { PlanTrace.SegmentStarts, Segmentation.Starts(segments) },
            { "similarity", similarity },
            { "salient", Array.ConvertAll(tokens, frame => frame.Salient) },
            { "anchors", shares.Anchors },
            { "scores", Array.ConvertAll(tokens, frame => frame.Scores) },
        });
    }

    /// <summary>How many salient tokens and anchors each frame of a segment gets.</summary>
    private void Share(Segment segment, int[] budgets, int tokensPerFrame, double[] similarity, Shares shares)
    {
        if (options.Variant == Port.OneVision)
            ShareByFrame(segment, budgets, tokensPerFrame, shares);
        else
            ShareBySegment(segment, budgets.AsSpan(segment.Start, segment.Length), tokensPerFrame, similarity, shares);
    }

    private void ShareByFrame(Segment segment, int[] budgets, int tokensPerFrame, Shares shares)
    {
        int context = 0;
        for (int t = segment.Start; t < segment.End; t++)
        {
            int ofFrame = Budgets.Round(budgets[t] * options.ContextShare, Rounding.Floor);
            shares.Salient[t] = budgets[t] - ofFrame;
            context += ofFrame;
        }
        int[] anchors = Budgets.Equal(context, CeilingOf(segment.Length, options.AnchorStep));
        for (int i = 0; i < anchors.Length; i++)
        {
            int t = segment.Last - i * options.AnchorStep;
            shares.Anchors[t] = Math.Min(options.Reproduce ? context / anchors.Length : anchors[i], tokensPerFrame - shares.Salient[t]);
        }
    }

    private void ShareBySegment(Segment segment, ReadOnlySpan<int> budgets, int tokensPerFrame, double[] similarity, Shares shares)
    {
        int total = TensorPrimitives.Sum(budgets);
        int leastContext = options.Variant == Port.Qwen ? Math.Min(1, total) : 0;
        int context = Math.Max(leastContext, Budgets.Round(total * options.ContextShare, Rounding.Floor));
        // The frames that get a share: all, or the last of each run of nearly equal ones.
        int[] holders = [.. Enumerable.Range(segment.Start, segment.Length)
            .Where(t => options.Variant == Port.Video || t == segment.Last || similarity[t] < options.IgnoreThreshold)];
        int[] anchors = Budgets.Equal(context, CeilingOf(holders.Length, options.AnchorStep));
        int[] salients = Budgets.Equal(total - context, holders.Length);
        bool capsContext = options.Variant == Port.Qwen && segment.Length > 1;
        for (int i = 0; i < anchors.Length; i++)
            shares.Anchors[holders[^(1 + i * options.AnchorStep)]] = capsContext ? Math.Min(anchors[i], tokensPerFrame / 2) : anchors[i];
        for (int i = 0; i < holders.Length; i++)
        {
            int most = capsContext ? tokensPerFrame - shares.Anchors[holders[i]] : tokensPerFrame;
            shares.Salient[holders[i]] = Math.Min(salients[i], most);
            shares.Anchors[holders[i]] = Math.Min(shares.Anchors[holders[i]], tokensPerFrame - shares.Salient[holders[i]]);
        }
    }

    /// <summary>The salient tokens of a frame by saliency, and its anchors among the others by density peaks, both as global
    /// indices.</summary>
    private FrameTokens Classify(ReductionInput input, int frame, double[] attention, Shares shares)
    {
        const int Neighbours = 4;
        int tokensPerFrame = input.Grid.TokensPerFrame, first = frame * tokensPerFrame;
        int[] salient = TopK.Largest(attention.AsSpan(first, tokensPerFrame), shares.Salient[frame], EmitBy.Score);
        int[] others = [.. Enumerable.Range(0, tokensPerFrame).Except(salient)];
        int[] anchors = [];
        double[] scores = [];
        if (shares.Anchors[frame] > 0)
        {
            DensityPeaks peaks = DensityPeaks.Of(Similarity.ScaledDistances(input.Frame(frame), others),
                Math.Min(Neighbours, others.Length));
            anchors = peaks.Centres(shares.Anchors[frame], options.Variant == Port.OneVision ? EmitBy.Score : EmitBy.Place);
            scores = peaks.Score;
        }
        return new FrameTokens(Array.ConvertAll(salient, n => first + n), Array.ConvertAll(others, n => first + n),
            Array.ConvertAll(anchors, i => first + others[i]), scores);
    }

    /// <summary>Every anchor frame takes in the whole pool of its segment by itself: each token joins its most similar anchor
    /// there.</summary>
    private ReductionPlan Merge(ReductionInput input, Segment[] segments, FrameTokens[] tokens, PlanTrace trace)
    {
        var taken = new SortedDictionary<int, List<int>>();
        foreach (FrameTokens frame in tokens)
            foreach (int token in frame.Salient.Concat(frame.Anchors))
                taken.Add(token, []);
        foreach (Segment segment in segments)
            for (int t = segment.Start; t < segment.End; t++)
            {
                bool isAlone = options.Variant == Port.OneVision && options.AnchorStep == 1;
                foreach (FrameTokens source in isAlone ? [tokens[t]] : tokens[segment.Start..segment.End])
                    Assign(input.Features, tokens[t].Anchors, source.Others, taken);
            }
        var plan = new ReductionPlanBuilder(input.Grid.Count);
        foreach ((int token, List<int> others) in taken)
            plan.Around(token, others.ToArray(), Math.Max(1.0 / (others.Count + 1), options.MinCentreWeight));
        return plan.Build(trace);
    }

    private void Assign(TokenMatrix features, int[] anchors, int[] pool, SortedDictionary<int, List<int>> taken)
    {
        if (anchors.Length == 0)
            return;
        RealMatrix similarity = Similarity.Cosines(features, pool, anchors);
        var own = new HashSet<int>(anchors);
        for (int i = 0; i < pool.Length; i++)
            if (options.Variant == Port.OneVision || !own.Contains(pool[i]))
                taken[anchors[TensorPrimitives.IndexOfMax<double>(similarity[i])]].Add(pool[i]);
    }

    private static int CeilingOf(int count, int step) => (count + step - 1) / step;

    private sealed record Shares(int[] Salient, int[] Anchors);

    private sealed record FrameTokens(int[] Salient, int[] Others, int[] Anchors, double[] Scores);

    /// <summary>Parameters; the defaults are those of the official LLaVA-OneVision port.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Which official port to follow.</summary>
        [Parameter("official port to follow")]
        public Port Variant { get; init; } = Port.OneVision;

        /// <summary>The least similar neighbours are cut until there are so many segments.</summary>
        [Parameter("at least so many segments", Symbol = "c", Minimum = 1)]
        public int MinSegments { get; init; } = 8;

        /// <summary>Neighbouring frames below this cosine are always cut (Qwen port: 0.84).</summary>
        [Parameter("neighbouring frames below this cosine start a new segment", Symbol = "tau")]
        public double SegmentThreshold { get; init; } = 0.9;

        /// <summary>Share of the budget that goes to anchors.</summary>
        [Parameter("share of the budget for anchors", Symbol = "d", Minimum = 0, Maximum = 1)]
        public double ContextShare { get; init; } = 0.4;

        /// <summary>One frame in so many, counted back from a segment's last, has anchors.</summary>
        [Parameter("one anchor frame in so many", Symbol = "p", Minimum = 1)]
        public int AnchorStep { get; init; } = 4;

        /// <summary>Least share of an anchor in the merged token.</summary>
        [Parameter("least share of an anchor in its merged token", Symbol = "beta", Minimum = 0, Maximum = 1)]
        public double MinCentreWeight { get; init; } = 0.6;

        /// <summary>Qwen port: neighbouring frames of a segment more similar than this count as one.</summary>
        [Parameter("qwen: neighbouring frames at least this similar count as one")]
        public double IgnoreThreshold { get; init; } = 0.95;

        /// <summary>Whether the official rounding is kept, frame by frame.</summary>
        [Parameter("keep the official rounding")]
        public bool Reproduce { get; init; }
    }
}
