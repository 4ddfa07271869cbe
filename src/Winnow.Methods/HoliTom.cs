using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// HoliTom. Before the language model: the segmentation that lets most tokens go as unchanged, then attention and clustering for what is
/// left of the budget. Inside it, once: what the last prompt token attends to least is merged into its most similar kept row.
/// </summary>
/// <remarks>
/// "HoliTom: Holistic Token Merging for Fast Video Large Language Models", NeurIPS 2025, arXiv 2505.21334; cokeshao/HoliTom at e9b2972f,
/// holitom/llava_arch.py (select_static_windows, get_static_dynamic_features, holitom) and holitom/modeling_qwen2.py
/// (Qwen2Model_holitom.forward).
/// </remarks>
public sealed class HoliTom(HoliTom.Options options) : ITokenReducer, IPrefillReducer, IMultiPlaceMethod
{
    private const int OfficialLayer = 18;
    private const int OfficialDepth = 28;
    private const double OfficialMergedShare = 0.5;

    private static readonly SignalNeed Attention = SignalNeed.Of(new SignalRequest(Signal.ReceivedAttention));

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "holitom",
        Name = "HoliTom",
        Paper = "HoliTom: Holistic Token Merging for Fast Video Large Language Models, NeurIPS 2025",
        ArXiv = "2505.21334",
        OfficialCode = "cokeshao/HoliTom e9b2972f",
        Places = MethodPlaces.AfterEncoder | MethodPlaces.Prefill,
        Family = MethodFamily.Temporal,
        ChooseWhen = "videos with long unchanged stretches, where the tower's attention is at hand",
        BudgetRule = "floor(retention * tokens), corrected for what unchanged places save and split evenly; fewer where those alone leave "
            + "fewer; of those, round-half-even(1 - mergedShare) are left behind the layer inside the model",
        Budget = BudgetPromise.AtMost,
        Order = PlanOrder.Frame,
        Positions = PositionRule.Compact,
        ExtraCost = "inside the model one attention row per head in one layer, O(H S hd), and cosines of the merged with the kept rows, "
            + "O(K^2 D / 4)",
        Deviations =
        [
            "Inside the model a row of zeros has cosine 0 with everything; officially it is not a number, which attracts. At a retention "
                + "of 1 nothing is merged there unless mergedShare is given.",
            "The layer is the same share of the depth as the official 18 of 28, unless given.",
            "The share of the dynamic budget that goes to clustering (D) is not offered: the official code fails as soon as it is above 0.",
            "Counts of frames and segments sum to the budget by largest remainder; the official code rounds each frame up and each "
                + "segment to the nearest (reproduce: as there).",
            "No random noise is added to densities; ties go to the lower index.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [Attention];

    /// <inheritdoc/>
    public MethodPlaces ActivePlaces => options.Active(Card.Places);

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int frames, int tokensPerFrame) = (input.Grid.Frames, input.Grid.TokensPerFrame);
        double[] attention = AttentionScores.OfPlaces(input.Require(Attention), input.Grid.Count);
        double[] similarity = TemporalSimilarity.WithPreviousFrame(input.Features, tokensPerFrame);
        bool[] unchanged = Array.ConvertAll(similarity, value => value > options.SimilarityThreshold);
        (Segment[] segments, int saved) = StaticWindows.Choose(unchanged, tokensPerFrame, frames, options.MaxWindow);
        double share = Math.Min(options.Retention / ((double)(input.Grid.Count - saved) / input.Grid.Count), 1);
        Part[] parts = Array.ConvertAll(segments, segment => PartOf(segment, unchanged, tokensPerFrame));
        int[][] counts = options.Reproduce ? Array.ConvertAll(parts, part => RoundedCounts(part, share))
            : BudgetedCounts(parts, Budgets.Total(options.Retention, input.Grid.Count));
        var plan = new ReductionPlanBuilder(input.Grid.Count);
        for (int s = 0; s < parts.Length; s++)
            Emit(input, parts[s], MergeStill(input, parts[s], counts[s][0]), counts[s].AsSpan(1), attention, plan);
        return plan.Build(new PlanTrace
        {
            { PlanTrace.SegmentStarts, Segmentation.Starts(segments) },
            { "similarity", similarity },
            { "kept_per_segment", counts.SelectMany(count => count[..2]).ToArray() },
            { "saved", new[] { saved } },
            { "share", new[] { share } },
            { "static", parts.SelectMany(part => Enumerable.Range(0, tokensPerFrame).Select(part.Still.Contains)).ToArray() },
        });
    }

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context) =>
        new StagedRun([LayerDepth.Of(options.InnerLayer, OfficialLayer, OfficialDepth, context.Layers)], LastRow.Needs,
            (_, view) => MergeUnattended(view));

    /// <summary>Inner part: every row that leaves is averaged into the kept row most like it, one after another, so that a later one weighs
    /// more.</summary>
    private PrefillStep? MergeUnattended(PrefillView view)
    {
        double share = options.MergedShare ?? (options.Retention < 1 ? OfficialMergedShare : 0);
        int kept = Budgets.Round(view.VisualCount * (1 - share), Rounding.HalfEven);
        if (kept >= view.VisualCount)
            return null;
        int[] ranking = TopK.Largest(LastRow.Scores(view), view.VisualCount, EmitBy.Score), leaving = [.. ranking[kept..].Order()];
        TokenMatrix visual = view.Hidden.Slice(view.VisualStart, view.VisualCount);
        RealMatrix likeness = Similarity.Cosines(visual, leaving, ranking[..kept]);
        ILookup<int, int> joining = Enumerable.Range(0, kept > 0 ? leaving.Length : 0)
            .ToLookup(i => ranking[System.Numerics.Tensors.TensorPrimitives.IndexOfMax<double>(likeness[i])], i => leaving[i]);
        var plan = new ReductionPlanBuilder(view.Count);
        var stays = ranking.Take(kept).ToHashSet();
        for (int row = 0; row < view.Count; row++)
            if (row < view.VisualStart || row >= view.VisualEnd)
                plan.Keep(row);
            else if (stays.Contains(row - view.VisualStart))
                plan.Halving(row, [.. joining[row - view.VisualStart].Select(other => view.VisualStart + other)]);
        return new PrefillStep(plan.Build());
    }

    /// <summary>Step 5: a place is still if it does not change in any pair of the segment; a frame alone has no still places.</summary>
    private static Part PartOf(Segment segment, bool[] unchanged, int tokensPerFrame)
    {
        int[] still = segment.Length == 1 ? [] : [.. Enumerable.Range(0, tokensPerFrame)
            .Where(n => Enumerable.Range(segment.Start, segment.Length - 1).All(t => unchanged[t * tokensPerFrame + n]))];
        return new Part(segment, still, [.. Enumerable.Range(0, tokensPerFrame).Except(still)]);
    }

    /// <summary>Tokens of a segment: its still ones, then the changing ones of each frame, by the official rounding.</summary>
    private static int[] RoundedCounts(Part part, double share) =>
        [Budgets.Round(part.Still.Length * share, Rounding.HalfEven),
            .. Enumerable.Repeat(Budgets.Round(part.Changing.Length * share, Rounding.Ceiling), part.Frames.Length)];

    private static int[][] BudgetedCounts(Part[] parts, int budget)
    {
        int[] sizes = [.. parts.SelectMany(part => Enumerable.Repeat(part.Changing.Length, part.Frames.Length).Prepend(part.Still.Length))];
        int[] counts = Budgets.InProportion(sizes, Math.Min(budget, sizes.Sum()));
        int next = 0;
        return Array.ConvertAll(parts, part => counts[next..(next += 1 + part.Frames.Length)]);
    }

    /// <summary>Step 7: of the still places, each the mean over its segment, the density peaks stay and take in the others.</summary>
    private List<Merged> MergeStill(ReductionInput input, Part part, int count)
    {
        if (count == 0)
            return [];
        RealMatrix means = FrameMeans.OfPlaces(input.Features, input.Grid.TokensPerFrame, part.Frames, part.Still);
        RealMatrix distances = Similarity.ScaledDistances(means.ToVectors());
        int[] centres = DensityPeaks.Of(distances, Math.Min(options.Neighbours, count)).Centres(count, EmitBy.Place);
        int[][] members = Merging.Members(DensityPeaks.Assign(distances, centres), count);
        return [.. centres.Select((centre, c) => new Merged(part.Still[centre],
            [.. members[c].Where(member => member != centre).Select(member => part.Still[member])]))];
    }

    /// <summary>Steps 6 and 8: per frame the changing tokens of highest attention, in the order of their places; the still ones before
    /// them, or among those of the first frame.</summary>
    private void Emit(ReductionInput input, Part part, List<Merged> merged, ReadOnlySpan<int> perFrame, double[] attention,
        ReductionPlanBuilder plan)
    {
        int tokensPerFrame = input.Grid.TokensPerFrame;
        Segment segment = part.Frames;
        if (!options.GridOrder)
            merged.ForEach(EmitMerged);
        for (int t = segment.Start; t < segment.End; t++)
        {
            int next = options.GridOrder && t == segment.Start ? 0 : merged.Count;
            foreach (int i in TopK.Largest(Array.ConvertAll(part.Changing, place => attention[t * tokensPerFrame + place]),
                perFrame[t - segment.Start], EmitBy.Place))
            {
                for (; next < merged.Count && merged[next].Centre < part.Changing[i]; next++)
                    EmitMerged(merged[next]);
                plan.Keep(t * tokensPerFrame + part.Changing[i]);
            }
            for (; next < merged.Count; next++)
                EmitMerged(merged[next]);
        }

        void EmitMerged(Merged token)
        {
            int[] centre = OverFrames(token.Centre);
            if (options.PlainMean)
                plan.Mean(centre[0], [.. centre, .. token.Others.SelectMany(OverFrames)]);
            else
                plan.Around(centre[0], centre, Array.ConvertAll(token.Others, OverFrames), options.CentreWeight);
        }

        int[] OverFrames(int place) => [.. Enumerable.Range(segment.Start, segment.Length).Select(t => t * tokensPerFrame + place)];
    }

    private sealed record Part(Segment Frames, int[] Still, int[] Changing);

    private sealed record Merged(int Centre, int[] Others);

    /// <summary>Parameters; the defaults are those of the official scripts.</summary>
    public sealed record Options : MultiPlaceOptions
    {
        /// <summary>A place whose cosine with the next frame is above this is unchanged; the official scripts take 0.65 for a retention of
        /// 0.1.</summary>
        [Parameter("a place more alike than this in two frames is unchanged", Symbol = "tau")]
        public double SimilarityThreshold { get; init; } = 0.8;

        /// <summary>Share of a cluster's centre in the merged token; the others share the rest.</summary>
        [Parameter("share of the centre when merging", Symbol = "beta", Minimum = 0, Maximum = 1)]
        public double CentreWeight { get; init; } = 0.6;

        /// <summary>Whether clusters become plain means instead (the official NO_BETA).</summary>
        [Parameter("plain means instead of weighted centres")]
        public bool PlainMean { get; init; }

        /// <summary>Nearest neighbours in the densities, the point itself counted; never more than the clusters sought.</summary>
        [Parameter("nearest neighbours in the densities", Symbol = "k", Minimum = 1)]
        public int Neighbours { get; init; } = 7;

        /// <summary>Longest segment in frames.</summary>
        [Parameter("longest segment, frames", Minimum = 1)]
        public int MaxWindow { get; init; } = 1024;

        /// <summary>Whether a segment's unchanged tokens stand among those of its first frame, by place, as LLaVA-Video's grid needs,
        /// instead of before them.</summary>
        [Parameter("unchanged tokens among those of the first frame, by place")]
        public bool GridOrder { get; init; }

        /// <summary>Whether the official rounding is kept, frame by frame and segment by segment.</summary>
        [Parameter("keep the official rounding")]
        public bool Reproduce { get; init; }

        /// <summary>Layer before which rows are merged inside the language model (official: 18 of 28); null for the same share of the
        /// loaded model's depth.</summary>
        [Parameter("layer before which rows are merged inside the model; auto: as deep as layer 18 of 28", Symbol = "k", Minimum = 1)]
        public int? InnerLayer { get; init; }

        /// <summary>Share of the visual rows merged away there (official: 0.5); null for the official share, or 0 at a retention of
        /// 1.</summary>
        [Parameter("share of the visual rows merged away there; auto: 0.5, or 0 at a retention of 1", Symbol = "r", Minimum = 0,
            Maximum = 1, MaximumIsExcluded = true)]
        public double? MergedShare { get; init; }
    }
}
