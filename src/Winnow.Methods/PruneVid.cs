using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Methods;

/// <summary>
/// PruneVid. Stage 1, before the language model: places that hardly change are averaged over a scene, and what is left is shrunk by
/// clustering. Stage 2, after one layer of it: of every group of tokens the ones stay that the question attends to most, in the sequence
/// and in all caches.
/// </summary>
/// <remarks>
/// "PruneVid: Visual Token Pruning for Efficient Video Large Language Models", ACL 2025, arXiv 2412.16117; Visual-AI/PruneVid at b12600c6,
/// models/pllava/modeling_pllava.py (merge_frames_dynamic, cluster_dpc_knn, refine_clusters), elastic_cache.py (VTPWindowCache) and
/// llama.py (the attention that scores).
/// </remarks>
public sealed class PruneVid(PruneVid.Options options) : ITokenReducer, IPrefillReducer, IMultiPlaceMethod
{
    private const int OfficialLayer = 10;
    private const int OfficialDepth = 32;
    private const double OfficialRetainedShare = 0.4;
    private const int Newlines = -1;

    /// <summary>In the plan's trace: number of the group of each source token, <c>int[F * N]</c>.</summary>
    internal const string GroupNumbers = "groups";


    // With a given cluster ratio, groups of at most so many tokens stay as they are.
    private const int ClusteringFloor = 14;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "prunevid",
        Name = "PruneVid",
        Paper = "PruneVid: Visual Token Pruning for Efficient Video Large Language Models, ACL 2025",
        ArXiv = "2412.16117",
        OfficialCode = "Visual-AI/PruneVid b12600c6176c606ee4b6b7d9e26f4aa46d0dfd42",
        Places = MethodPlaces.AfterEncoder | MethodPlaces.Prefill | MethodPlaces.Cache,
        Family = MethodFamily.Temporal,
        ChooseWhen = "still cameras: unchanged places are merged over time, the rest is clustered",
        BudgetRule = "floor(retention * tokens), split over scenes and frames by size; fewer where merging over time alone leaves fewer; "
            + "with clusterRatio, what that leaves; of those, floor(retainedShare * group) of each group after the layer inside the model",
        Budget = BudgetPromise.AtMost,
        Order = PlanOrder.Frame,
        Positions = PositionRule.Compact,
        ExtraCost = "inside the model the attention rows of the text after the video in one layer, without rotary positions, O(T H S hd)",
        Deviations =
        [
            "Inside the model: without a plan of its own stage 1, each frame's tokens are one group. Newline vectors stay. Keys of "
                + "grouped heads are shared by their queries.",
            "At a retention of 1 everything stays there too unless retainedShare is given. The layer is the same share of the depth as "
                + "the official 10 of 32, unless given.",
            "Without clusterRatio every group of tokens is clustered down to its share of the budget, however small; the official code "
                + "has only the ratio, and leaves groups of up to 14 alone.",
            "Merged tokens of a group stand in the order of their places; the official code lists them by falling score, which scrambles "
                + "compact positions (reproduce: as there).",
            "Fewer frames or tokens than neighbours: all of them are neighbours; the official code fails. A cluster count of 0 becomes 1.",
            "No random noise is added to densities; ties go to the lower index.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public MethodPlaces ActivePlaces => options.Active(Card.Places);

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        var trace = new PlanTrace();
        Segment[] scenes = Scenes(input, trace);
        List<Group> groups = [.. scenes.SelectMany(scene => GroupsOf(input, scene, trace))];
        int[] counts = options.ClusterRatio is { } ratio ? ClusterCounts(groups, ratio)
            : BudgetedCounts(groups, Budgets.Total(options.Retention, input.Grid.Count));
        var plan = new ReductionPlanBuilder(input.Grid.Count);
        int[] emitted = new int[groups.Count];
        for (int g = 0; g < emitted.Length; g++)
        {
            int before = plan.Count;
            Emit(input, groups[g], counts[g], plan);
            emitted[g] = plan.Count - before;
        }
        trace.Add(PlanTrace.SegmentStarts, Segmentation.Starts(scenes));
        trace.Add(GroupNumbers, NumbersOf(groups, input.Grid));
        trace.Add("static_sizes", SizesOf(scenes, groups, emitted, still: true));
        trace.Add("dynamic_sizes", SizesOf(scenes, groups, emitted, still: false));
        return plan.Build(trace);
    }

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        // Scores come from the selected layer, so the sequence shortens before the one behind it.
        int layer = LayerDepth.Of(options.InnerLayer is { } given ? given + 1 : null, OfficialLayer + 1, OfficialDepth, context.Layers);
        var needs = new PrefillNeeds
        {
            Attention =
            new AttentionRequest(AttentionQueries.TextAfterVideo) { Rotated = false, Causal = false }
        };
        return new StagedRun([layer], needs, (_, view) => KeepAsked(view));
    }

    /// <summary>Stage 2: the share of every group that any head of any row of the question attends to most; from all layers so far the rest
    /// leaves too.</summary>
    private PrefillStep? KeepAsked(PrefillView view)
    {
        double share = options.RetainedShare ?? (options.Retention < 1 ? OfficialRetainedShare : 1);
        if (share == 1)
            return null;
        float[] scores = ReceivedAttention.Maximum(view.Attention!, view.VisualStart, view.VisualCount);
        int[]? groups = view.Context.Plan?.Trace.Find<int>(GroupNumbers);
        var kept = new List<int>();
        foreach (IGrouping<int, int> group in Enumerable.Range(view.VisualStart, view.VisualCount).GroupBy(GroupOf))
        {
            int[] rows = [.. group];
            int count = group.Key == Newlines ? rows.Length : Budgets.Round(rows.Length * share, Rounding.Floor);
            kept.AddRange(TopK.Largest(Array.ConvertAll(rows, row => scores[row - view.VisualStart]), count, EmitBy.Place)
                .Select(i => rows[i]));
        }
        PrefillStep step = PrefillStep.KeepVisual(view, kept);
        return step with { CacheCuts = [new CacheCut(0, view.Point.Layer, step.Plan.Places)] };

        int GroupOf(int row) => view.PlaceOf(row) is >= 0 and int place ? groups?[place] ?? view.Context.Grid.FrameOf(place) : Newlines;
    }

    /// <summary>Step 1: scenes are clusters of frames, cleaned up so that no frame stands alone.</summary>
    private Segment[] Scenes(ReductionInput input, PlanTrace trace)
    {
        int frames = input.Grid.Frames;
        RealMatrix distances = Similarity.ScaledDistances(FrameMeans.Of(input.Features, input.Grid.TokensPerFrame).ToVectors());
        DensityPeaks peaks = DensityPeaks.Of(distances, Math.Min(options.Neighbours, frames));
        int[] centres = peaks.Centres(Math.Max(1, Budgets.Round(frames * options.TemporalSegmentRatio, Rounding.Floor)), EmitBy.Score);
        int[] labels = DensityPeaks.Assign(distances, centres);
        int[] refined = LabelRuns.Clean(labels);
        trace.Add("frame_labels", labels);
        trace.Add("refined_labels", refined);
        trace.Add("frame_centres", centres);
        trace.Add("frame_density", peaks.Density);
        trace.Add("frame_score", peaks.Score);
        return Segmentation.FromLabels(refined);
    }

    /// <summary>Steps 2 and 3: the still places of a scene are one group over all its frames; the others are a group in each
    /// frame.</summary>
    private IEnumerable<Group> GroupsOf(ReductionInput input, Segment scene, PlanTrace trace)
    {
        int tokensPerFrame = input.Grid.TokensPerFrame;
        // A video of one frame has no pairs to compare: nothing is known to stay.
        double[] similarity = scene.Length > 1 ? TemporalSimilarity.WithinSegment(input.Features, tokensPerFrame, scene)
            : new double[tokensPerFrame];
        bool[] still = Array.ConvertAll(similarity, value => scene.Length > 1 && value > options.SimilarityThreshold);
        trace.Add($"similarity_{scene.Start}", similarity);
        trace.Add($"static_{scene.Start}", still);
        yield return new Group(scene, true, [.. Enumerable.Range(0, tokensPerFrame).Where(n => still[n])]);
        int[] changing = [.. Enumerable.Range(0, tokensPerFrame).Where(n => !still[n])];
        for (int t = scene.Start; t < scene.End; t++)
            yield return new Group(new Segment(t, 1), false, changing);
    }

    private static int[] ClusterCounts(List<Group> groups, double ratio) =>
        [.. groups.Select(group => group.Places.Length <= ClusteringFloor ? group.Places.Length
            : Math.Max(1, Budgets.Round(group.Places.Length * ratio, Rounding.Floor)))];

    private static int[] BudgetedCounts(List<Group> groups, int budget)
    {
        int[] sizes = [.. groups.Select(group => group.Places.Length)];
        return Budgets.InProportion(sizes, Math.Min(budget, sizes.Sum()));
    }

    /// <summary>Steps 4 to 6: the plain mean of each cluster, in the order of the centres' places or scores; a group that is not clustered
    /// as it is.</summary>
    private void Emit(ReductionInput input, Group group, int clusters, ReductionPlanBuilder plan)
    {
        if (clusters == 0)
            return;
        int[] centres = [.. Enumerable.Range(0, clusters)];
        bool isWhole = clusters == group.Places.Length && (options.ClusterRatio is null || clusters <= ClusteringFloor);
        int[][] members = isWhole ? Array.ConvertAll(centres, centre => new[] { centre }) : Clusters(input, group, clusters, out centres);
        for (int c = 0; c < clusters; c++)
        {
            int[] sources = [.. members[c].SelectMany(member => group.SourcesOf(member, input.Grid.TokensPerFrame))];
            plan.Mean(group.Frames.Start * input.Grid.TokensPerFrame + group.Places[centres[c]], sources);
        }
    }

    private int[][] Clusters(ReductionInput input, Group group, int clusters, out int[] centres)
    {
        RealMatrix means = FrameMeans.OfPlaces(input.Features, input.Grid.TokensPerFrame, group.Frames, group.Places);
        RealMatrix distances = Similarity.ScaledDistances(means.ToVectors());
        centres = DensityPeaks.Of(distances, Math.Min(options.Neighbours, group.Places.Length))
            .Centres(clusters, options.Reproduce ? EmitBy.Score : EmitBy.Place);
        return Merging.Members(DensityPeaks.Assign(distances, centres), clusters);
    }

    private static int[] NumbersOf(List<Group> groups, TokenGrid grid)
    {
        int[] numbers = new int[grid.Count];
        for (int g = 0; g < groups.Count; g++)
            for (int member = 0; member < groups[g].Places.Length; member++)
                foreach (int source in groups[g].SourcesOf(member, grid.TokensPerFrame))
                    numbers[source] = g;
        return numbers;
    }

    private static int[] SizesOf(Segment[] scenes, List<Group> groups, int[] emitted, bool still) => Array.ConvertAll(scenes,
        scene => Enumerable.Range(0, groups.Count).Where(g => groups[g].IsStill == still && groups[g].LiesIn(scene)).Sum(g => emitted[g]));

    /// <summary>Tokens that are clustered together: places of one frame, or still places as their means over a scene.</summary>
    private readonly record struct Group(Segment Frames, bool IsStill, int[] Places)
    {
        public bool LiesIn(Segment scene) => Frames.Start >= scene.Start && Frames.End <= scene.End;

        public IEnumerable<int> SourcesOf(int member, int tokensPerFrame)
        {
            for (int t = Frames.Start; t < Frames.End; t++)
                yield return t * tokensPerFrame + Places[member];
        }
    }

    /// <summary>Parameters; the defaults are those of the official evaluation script.</summary>
    public sealed record Options : MultiPlaceOptions
    {
        /// <summary>A place whose mean cosine over a scene is above this is averaged over the scene.</summary>
        [Parameter("places more alike than this over a scene are averaged over it", Symbol = "tau")]
        public double SimilarityThreshold { get; init; } = 0.8;

        /// <summary>Scenes sought, as a share of the frames, rounded down.</summary>
        [Parameter("scenes sought, as a share of the frames", Minimum = 0, Maximum = 1)]
        public double TemporalSegmentRatio { get; init; } = 0.25;

        /// <summary>Clusters of a group as a share of its tokens, rounded down (official: 0.5); null to cluster down to the
        /// retention.</summary>
        [Parameter("clusters as a share of a group's tokens; auto: what the retention asks", Minimum = 0, Maximum = 1,
            MinimumIsExcluded = true)]
        public double? ClusterRatio { get; init; }

        /// <summary>Nearest neighbours in the densities, the point itself counted.</summary>
        [Parameter("nearest neighbours in the densities", Symbol = "k", Minimum = 1)]
        public int Neighbours { get; init; } = 7;

        /// <summary>Whether the official order of merged tokens is kept.</summary>
        [Parameter("keep the official order of merged tokens")]
        public bool Reproduce { get; init; }

        /// <summary>Layer of the language model whose attention decides (official: 10 of 32, 5 for VideoChatGPT's questions); null for the
        /// same share of the loaded model's depth.</summary>
        [Parameter("layer of the model whose attention decides; auto: as deep as layer 10 of 32", Symbol = "M", Minimum = 0)]
        public int? InnerLayer { get; init; }

        /// <summary>Share of every group that stays behind it (official: 0.4); null for that, or 1 at a retention of 1.</summary>
        [Parameter("share of every group that stays behind it; auto: 0.4, or 1 at a retention of 1", Symbol = "alpha", Minimum = 0,
            Maximum = 1)]
        public double? RetainedShare { get; init; }
    }
}
