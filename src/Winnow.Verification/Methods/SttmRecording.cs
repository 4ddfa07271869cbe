using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="Sttm"/>: the nodes of the frames, how they pair over time, and what comes out.</summary>
internal sealed class SttmRecording : MethodRecording
{
    // Means of float32 values in another order.
    private const double Tolerance = 1e-5;
    private const int Layer = 1;

    /// <inheritdoc/>
    public override string Method => Sttm.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("out_node_tyxyx") && !recording.Bool("slow_version");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        var grid = new TokenGrid(recording.Int("frames"), recording.Int("rows"), recording.Int("cols"));
        TokenMatrix features = recording.Vectors("features");
        var method = new Sttm(new Sttm.Options
        {
            Layer = Layer,
            SpatialThreshold = recording.Double("spatial_threshold"),
            TemporalThreshold = recording.Double("temporal_threshold"),
            RootLevel = recording.Int("root_level"),
            WeightedAverage = recording.Bool("weighted_average"),
            HeadWidth = recording.Text("head_dim") == "None" ? null : recording.Int("head_dim"),
        });
        Sttm.Merged merged = method.Merge(features, grid);
        comparison.Equal("spatial_node_tyxyx", recording.Integers("spatial_node_tyxyx"), merged.Nodes.SelectMany(Box));
        comparison.Equal("spatial_node_patches", recording.Integers("spatial_node_patches"), merged.Nodes.Select(node => node.Patches));
        IEnumerable<int[]> single = Enumerable.Range(0, merged.Nodes.Count).Select(node => new[] { node });
        comparison.RelativelyClose(
            "spatial_node_features", recording.Floats("spatial_node_features"), Features(merged, features, single), Tolerance);
        comparison.Equal("temporal_candidate_pairs", recording.Integers("temporal_candidate_pairs"), merged.Candidates.SelectMany(Both));
        comparison.Equal("temporal_merge_pairs", recording.Integers("temporal_merge_pairs"), merged.Pairs.SelectMany(Both));
        comparison.Equal("temporal_representative", recording.Integers("temporal_representative"), merged.Representatives);
        IEnumerable<int> boxes = merged.Groups.SelectMany(group => Box(merged.Nodes[group[0]]));
        comparison.Equal("out_node_tyxyx", recording.Integers("out_node_tyxyx"), boxes);
        IEnumerable<int> patches = merged.Groups.Select(group => group.Sum(node => merged.Nodes[node].Patches));
        comparison.Equal("out_node_patches", recording.Integers("out_node_patches"), patches);
        PrefillContext context = RecordedPrefill.Context(features, 0, grid.Count, heads: 1) with { Grid = grid };
        var prefill = new RecordedPrefill(context);
        prefill.Stop(method.Begin(context), new PrefillPoint(Layer));
        comparison.RelativelyClose("out_features", recording.Floats("out_features"), prefill.Hidden.Values.Span, Tolerance);
        comparison.Equal("kept", recording.Integers("kept"), prefill.VisualPlaces);
    }

    private static IEnumerable<int> Both((int A, int B) pair) => [pair.A, pair.B];

    private static IEnumerable<int> Box(QuadTree.Cell node) => [node.Frame, node.Top, node.Left, node.Bottom, node.Right];

    private static float[] Features(Sttm.Merged merged, TokenMatrix features, IEnumerable<int[]> groups)
    {
        var plan = new ReductionPlanBuilder(features.Count);
        foreach (int[] group in groups)
            merged.Emit(group, plan, merged.PlaceOf(group[0]), place => place);
        return plan.Build().Apply(features);
    }
}
