using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>HoliTom, outer part: the segmentation that lets most tokens go as unchanged, then attention and clustering for what is left of the budget.</summary>
/// <remarks>
/// "HoliTom: Holistic Token Merging for Fast Video Large Language Models", NeurIPS 2025, arXiv 2505.21334; cokeshao/HoliTom at e9b2972f, holitom/llava_arch.py
/// (select_static_windows, get_static_dynamic_features, holitom).
/// </remarks>
public sealed class HoliTom(HoliTom.Options options) : ITokenReducer
{
    private static readonly SignalNeed Attention = SignalNeed.Of(new SignalRequest(Signal.ReceivedAttention));

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "holitom",
        Name = "HoliTom (outer)",
        Paper = "HoliTom: Holistic Token Merging for Fast Video Large Language Models, NeurIPS 2025",
        ArXiv = "2505.21334",
        OfficialCode = "cokeshao/HoliTom e9b2972f",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Temporal,
        ChooseWhen = "videos with long unchanged stretches, where the tower's attention is at hand",
        BudgetRule = "retention is corrected for what unchanged places save; then ceil(share) of the changing tokens of each frame, round-half-even(share) of the unchanged of each segment",
        Budget = BudgetPromise.AtMost,
        Order = PlanOrder.Frame,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "The share of the dynamic budget that goes to clustering (D) is not offered: the official code fails as soon as it is above 0.",
            "A segment that rounding would leave without any token keeps one.",
            "No random noise is added to densities; ties go to the lower index.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [Attention];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int frames, int tokensPerFrame) = (input.Grid.Frames, input.Grid.TokensPerFrame);
        double[] attention = AttentionScores.OfPlaces(input.Require(Attention), input.Grid.Count);
        double[] similarity = TemporalSimilarity.WithPreviousFrame(input.Features, tokensPerFrame);
        bool[] unchanged = Array.ConvertAll(similarity, value => value > options.SimilarityThreshold);
        (Segment[] segments, int saved) = StaticWindows.Choose(unchanged, tokensPerFrame, frames, options.MaxWindow);
        double share = Math.Min(options.Retention / ((double)(input.Grid.Count - saved) / input.Grid.Count), 1);
        var plan = new ReductionPlanBuilder(input.Grid.Count);
        var counts = new List<int>();
        foreach (Segment segment in segments)
        {
            int[] still = [.. Enumerable.Range(0, tokensPerFrame).Where(n => IsStill(unchanged, tokensPerFrame, segment, n))];
            int[] changing = [.. Enumerable.Range(0, tokensPerFrame).Except(still)];
            List<Merged> merged = MergeStill(input, segment, still, share, keepsOne: changing.Length == 0);
            int perFrame = Budgets.Round(changing.Length * share, Rounding.Ceiling);
            Emit(input, segment, merged, changing, perFrame, attention, plan);
            counts.AddRange([merged.Count, perFrame]);
        }
        return plan.Build(new PlanTrace
        {
            { PlanTrace.SegmentStarts, Segmentation.Starts(segments) },
            { "similarity", similarity },
            { "kept_per_segment", counts.ToArray() },
            { "saved", new[] { saved } },
            { "share", new[] { share } },
            { "static", segments.SelectMany(segment => Enumerable.Range(0, tokensPerFrame).Select(n => IsStill(unchanged, tokensPerFrame, segment, n))).ToArray() },
        });
    }

    private static bool IsStill(bool[] unchanged, int tokensPerFrame, Segment segment, int place)
    {
        for (int t = segment.Start; t < segment.Last; t++)
            if (!unchanged[t * tokensPerFrame + place])
                return false;
        return segment.Length > 1;
    }

    /// <summary>Step 7: of the unchanged places, each the mean over its segment, the density peaks stay and take in the others.</summary>
    private List<Merged> MergeStill(ReductionInput input, Segment segment, int[] still, double share, bool keepsOne)
    {
        int count = Math.Max(keepsOne ? 1 : 0, Budgets.Round(still.Length * share, Rounding.HalfEven));
        if (count == 0)
            return [];
        RealMatrix distances = Similarity.ScaledDistances(FrameMeans.OfPlaces(input.Features, input.Grid.TokensPerFrame, segment, still).ToVectors());
        int[] centres = DensityPeaks.Of(distances, Math.Min(options.Neighbours, count)).Centres(count, EmitBy.Place);
        int[][] members = Merging.Members(DensityPeaks.Assign(distances, centres), count);
        return [.. centres.Select((centre, c) => new Merged(still[centre], [.. members[c].Where(member => member != centre).Select(member => still[member])]))];
    }

    /// <summary>Steps 6 and 8: per frame the changing tokens of highest attention, in the order of their places; the unchanged ones before them, or among those of the first frame.</summary>
    private void Emit(ReductionInput input, Segment segment, List<Merged> merged, int[] changing, int perFrame, double[] attention, ReductionPlanBuilder plan)
    {
        int tokensPerFrame = input.Grid.TokensPerFrame;
        if (!options.GridOrder)
            merged.ForEach(EmitMerged);
        for (int t = segment.Start; t < segment.End; t++)
        {
            int next = options.GridOrder && t == segment.Start ? 0 : merged.Count;
            foreach (int i in TopK.Largest(Array.ConvertAll(changing, place => attention[t * tokensPerFrame + place]), perFrame, EmitBy.Place))
            {
                for (; next < merged.Count && merged[next].Centre < changing[i]; next++)
                    EmitMerged(merged[next]);
                plan.Keep(t * tokensPerFrame + changing[i]);
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

    private sealed record Merged(int Centre, int[] Others);

    /// <summary>Parameters; the defaults are those of the official scripts.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>A place whose cosine with the next frame is above this is unchanged; the official scripts take 0.65 for a retention of 0.1.</summary>
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

        /// <summary>Whether a segment's unchanged tokens stand among those of its first frame, by place, as LLaVA-Video's grid needs, instead of before them.</summary>
        [Parameter("unchanged tokens among those of the first frame, by place")]
        public bool GridOrder { get; init; }
    }
}
