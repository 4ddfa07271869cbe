using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>PruneVid, stage 1: places that hardly change are averaged over a scene, and what is left is shrunk by clustering.</summary>
/// <remarks>
/// "PruneVid: Visual Token Pruning for Efficient Video Large Language Models", ACL 2025, arXiv 2412.16117; Visual-AI/PruneVid at b12600c6,
/// models/pllava/modeling_pllava.py (merge_frames_dynamic, cluster_dpc_knn, refine_clusters).
/// </remarks>
public sealed class PruneVid(PruneVid.Options options) : ITokenReducer
{
    // With a given cluster ratio, groups of at most so many tokens stay as they are.
    private const int ClusteringFloor = 14;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "prunevid",
        Name = "PruneVid (stage 1)",
        Paper = "PruneVid: Visual Token Pruning for Efficient Video Large Language Models, ACL 2025",
        ArXiv = "2412.16117",
        OfficialCode = "Visual-AI/PruneVid b12600c6176c606ee4b6b7d9e26f4aa46d0dfd42",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Temporal,
        ChooseWhen = "still cameras: unchanged places are merged over time, the rest is clustered",
        BudgetRule = "floor(retention * tokens), split over scenes and frames by size; fewer where merging over time alone leaves fewer; with clusterRatio, what that leaves",
        Budget = BudgetPromise.AtMost,
        Order = PlanOrder.Frame,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "Without clusterRatio every group of tokens is clustered down to its share of the budget, however small; the official code has only the ratio, and leaves groups of up to 14 alone.",
            "Merged tokens of a group stand in the order of their places; the official code lists them by falling score, which scrambles compact positions (reproduce: as there).",
            "Fewer frames or tokens than neighbours: all of them are neighbours; the official code fails. A cluster count of 0 becomes 1.",
            "No random noise is added to densities; ties go to the lower index.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        var trace = new PlanTrace();
        Segment[] scenes = Scenes(input, trace);
        List<Group> groups = [.. scenes.SelectMany(scene => GroupsOf(input, scene, trace))];
        int[] counts = options.ClusterRatio is { } ratio ? ClusterCounts(groups, ratio) : BudgetedCounts(groups, Budgets.Total(options.Retention, input.Grid.Count));
        var plan = new ReductionPlanBuilder(input.Grid.Count);
        int[] emitted = new int[groups.Count];
        for (int g = 0; g < emitted.Length; g++)
        {
            int before = plan.Count;
            Emit(input, groups[g], counts[g], plan);
            emitted[g] = plan.Count - before;
        }
        trace.Add(PlanTrace.SegmentStarts, Segmentation.Starts(scenes));
        trace.Add("static_sizes", SizesOf(scenes, groups, emitted, still: true));
        trace.Add("dynamic_sizes", SizesOf(scenes, groups, emitted, still: false));
        return plan.Build(trace);
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

    /// <summary>Steps 2 and 3: the still places of a scene are one group over all its frames; the others are a group in each frame.</summary>
    private IEnumerable<Group> GroupsOf(ReductionInput input, Segment scene, PlanTrace trace)
    {
        int tokensPerFrame = input.Grid.TokensPerFrame;
        // A video of one frame has no pairs to compare: nothing is known to stay.
        double[] similarity = scene.Length > 1 ? TemporalSimilarity.WithinSegment(input.Features, tokensPerFrame, scene) : new double[tokensPerFrame];
        bool[] still = Array.ConvertAll(similarity, value => scene.Length > 1 && value > options.SimilarityThreshold);
        trace.Add($"similarity_{scene.Start}", similarity);
        trace.Add($"static_{scene.Start}", still);
        yield return new Group(scene, true, [.. Enumerable.Range(0, tokensPerFrame).Where(n => still[n])]);
        int[] changing = [.. Enumerable.Range(0, tokensPerFrame).Where(n => !still[n])];
        for (int t = scene.Start; t < scene.End; t++)
            yield return new Group(new Segment(t, 1), false, changing);
    }

    private static int[] ClusterCounts(List<Group> groups, double ratio) =>
        [.. groups.Select(group => group.Places.Length <= ClusteringFloor ? group.Places.Length : Math.Max(1, Budgets.Round(group.Places.Length * ratio, Rounding.Floor)))];

    private static int[] BudgetedCounts(List<Group> groups, int budget)
    {
        int[] sizes = [.. groups.Select(group => group.Places.Length)];
        return Budgets.InProportion(sizes, Math.Min(budget, sizes.Sum()));
    }

    /// <summary>Steps 4 to 6: the plain mean of each cluster, in the order of the centres' places or scores; a group that is not clustered as it is.</summary>
    private void Emit(ReductionInput input, Group group, int clusters, ReductionPlanBuilder plan)
    {
        if (clusters == 0)
            return;
        int[] centres = [.. Enumerable.Range(0, clusters)];
        bool isWhole = clusters == group.Places.Length && (options.ClusterRatio is null || clusters <= ClusteringFloor);
        int[][] members = isWhole ? Array.ConvertAll(centres, centre => new[] { centre }) : Clusters(input, group, clusters, out centres);
        for (int c = 0; c < clusters; c++)
            plan.Mean(group.Frames.Start * input.Grid.TokensPerFrame + group.Places[centres[c]], [.. members[c].SelectMany(member => group.SourcesOf(member, input.Grid.TokensPerFrame))]);
    }

    private int[][] Clusters(ReductionInput input, Group group, int clusters, out int[] centres)
    {
        RealMatrix distances = Similarity.ScaledDistances(FrameMeans.OfPlaces(input.Features, input.Grid.TokensPerFrame, group.Frames, group.Places).ToVectors());
        centres = DensityPeaks.Of(distances, Math.Min(options.Neighbours, group.Places.Length)).Centres(clusters, options.Reproduce ? EmitBy.Score : EmitBy.Place);
        return Merging.Members(DensityPeaks.Assign(distances, centres), clusters);
    }

    private static int[] SizesOf(Segment[] scenes, List<Group> groups, int[] emitted, bool still) => Array.ConvertAll(scenes,
        scene => groups.Select((group, g) => group.IsStill == still && group.Frames.Start >= scene.Start && group.Frames.End <= scene.End ? emitted[g] : 0).Sum());

    /// <summary>Tokens that are clustered together: places of one frame, or still places as their means over a scene.</summary>
    private readonly record struct Group(Segment Frames, bool IsStill, int[] Places)
    {
        public IEnumerable<int> SourcesOf(int member, int tokensPerFrame)
        {
            for (int t = Frames.Start; t < Frames.End; t++)
                yield return t * tokensPerFrame + Places[member];
        }
    }

    /// <summary>Parameters; the defaults are those of the official evaluation script.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>A place whose mean cosine over a scene is above this is averaged over the scene.</summary>
        [Parameter("places more alike than this over a scene are averaged over it", Symbol = "tau")]
        public double SimilarityThreshold { get; init; } = 0.8;

        /// <summary>Scenes sought, as a share of the frames, rounded down.</summary>
        [Parameter("scenes sought, as a share of the frames", Minimum = 0, Maximum = 1)]
        public double TemporalSegmentRatio { get; init; } = 0.25;

        /// <summary>Clusters of a group as a share of its tokens, rounded down (official: 0.5); null to cluster down to the retention.</summary>
        [Parameter("clusters as a share of a group's tokens; auto: what the retention asks", Minimum = 0, Maximum = 1, MinimumIsExcluded = true)]
        public double? ClusterRatio { get; init; }

        /// <summary>Nearest neighbours in the densities, the point itself counted.</summary>
        [Parameter("nearest neighbours in the densities", Symbol = "k", Minimum = 1)]
        public int Neighbours { get; init; } = 7;

        /// <summary>Whether the official order of merged tokens is kept.</summary>
        [Parameter("keep the official order of merged tokens")]
        public bool Reproduce { get; init; }
    }
}
