using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="CenterClip"/>: one clustering of whole videos.</summary>
internal sealed class CenterClipRecording : MethodRecording
{
    private const double Tolerance = 2e-5, SpectralTolerance = 1e-4;

    /// <inheritdoc/>
    public override string Method => CenterClip.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => true;

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        IReadOnlyList<int> shape = recording.Shape("x");
        (int videos, int frames, int tokens, int width) = (shape[0], shape[1], shape[2] - 1, shape[3]);
        int segments = recording.Int("segments"), duration = frames / segments, points = duration * tokens;
        CenterClip.Options options = Options(recording, duration);
        // All rows have a norm of 1 there, so that rounding decides which is the longest.
        bool firstIsGiven = options.PreNormalize || options.ClusterBy == CenterClip.Algorithm.Spectral;
        long[] first = recording.Integers("first_center");
        var medoids = new List<int>();
        var labels = new List<int>();
        var output = new List<float>();
        for (int video = 0; video < videos; video++)
        {
            int values = frames * (1 + tokens) * width;
            EncoderView view = View(recording.Floats("x").AsMemory(video * values, values), width, recording.Grid(frames, tokens));
            int[] own = [.. Enumerable.Range(0, segments).Select(segment => (int)first[video * segments + segment] - segment * points)];
            EncoderStep step = new CenterClip(options).Reduce(view, 0, firstIsGiven ? own : null);
            medoids.AddRange(step.Plan.Places.Select(row => view.Places[row]).Where(place => place >= 0));
            labels.AddRange(step.Plan.Trace.Find<int>("labels")!);
            output.AddRange(step.Plan.Apply(view.Hidden));
            if (recording.Has("affinity"))
                CompareGraph(recording, comparison, options, view, segments, duration);
        }
        comparison.Equal("medoid_index", recording.Integers("medoid_index"), medoids);
        comparison.Equal("assignment", recording.Integers("assignment"), labels);
        comparison.Equal("cluster_size", recording.Integers("cluster_size"), Sizes(labels, points, options.Clusters![0]));
        comparison.RelativelyClose("out", recording.Floats("out"), output.ToArray(), Tolerance);
    }

    private static CenterClip.Options Options(Recording recording, int duration) => new()
    {
        Blocks = [1],
        SegmentFrames = [duration],
        Clusters = [recording.Int("clusters")],
        ClusterBy = recording.Text("algorithm") switch
        {
            "spectral" => CenterClip.Algorithm.Spectral,
            "pooling" => CenterClip.Algorithm.Pooling,
            "sparse_sampling" => CenterClip.Algorithm.Sampling,
            _ => CenterClip.Algorithm.KMedoids,
        },
        Metric = Enum.Parse<CenterClip.Distance>(recording.Text("distance"), ignoreCase: true),
        PreNormalize = recording.Bool("pre_norm"),
        Average = recording.Text("aggregation") == "mean",
        Threshold = recording.Double("threshold"),
        Iterations = recording.Int("iter_limit"),
        Graph = recording.Text("spectral_graph", "") == "KNN" ? CenterClip.AffinityGraph.Nearest : CenterClip.AffinityGraph.Whole,
        Sigma = recording.Knows("spectral_sigma") ? recording.Double("spectral_sigma") : 2,
        GraphNeighbours = recording.Knows("spectral_knn_k_used") ? recording.Int("spectral_knn_k_used") : null,
    };

    private static EncoderView View(ReadOnlyMemory<float> x, int width, TokenGrid grid)
    {
        int rows = grid.Frames * (1 + grid.TokensPerFrame), patch = 0;
        return new EncoderView
        {
            Context = RecordedRun.Context(2, 1, grid, 1),
            Point = new EncoderPoint(1, EncoderMoment.BeforeBlock),
            Hidden = new TokenMatrix(x, width),
            Places = [.. Enumerable.Range(0, rows).Select(row => row % (1 + grid.TokensPerFrame) == 0 ? -1 : patch++)],
            Sizes = [.. Enumerable.Repeat(1f, rows)],
            SequenceLengths = [.. Enumerable.Repeat(1 + grid.TokensPerFrame, grid.Frames)],
        };
    }

    /// <summary>
    /// The graph of each segment, its spectrum, and the space of its embedding, which alone is independent of the solver.
    /// </summary>
    private static void CompareGraph(
        Recording recording, Comparison comparison, CenterClip.Options options, EncoderView view, int segments, int duration)
    {
        var method = new CenterClip(options);
        int clusters = options.Clusters![0], points = duration * view.Context.Grid.TokensPerFrame;
        int[] patches = [.. Enumerable.Range(0, view.Count).Where(row => view.Places[row] >= 0)];
        for (int segment = 0; segment < segments; segment++)
        {
            int[] rows = patches[(segment * points)..((segment + 1) * points)];
            RealMatrix affinity = method.Affinity(view.Hidden.Gather(rows),
                Array.ConvertAll(rows, row => view.Places[row]), duration, view);
            comparison.RelativelyClose($"affinity of segment {segment}",
                recording.Floats("affinity").AsSpan(segment * points * points, points * points),
                affinity.ToVectors().Values.Span, SpectralTolerance);
            (double[] values, RealMatrix embedding) = SpectralEmbedding.Of(affinity, clusters);
            comparison.RelativelyClose($"singular_values of segment {segment}",
                recording.Floats("singular_values").AsSpan(segment * points, points),
                [.. values.Reverse().Select(value => (float)value)], SpectralTolerance);
            SpectralEmbedding.Normalize(embedding);
            var recorded = new TokenMatrix(
                recording.Floats("embedding").AsMemory(segment * points * clusters, points * clusters), clusters);
            comparison.RelativelyClose($"projector of segment {segment}", InnerProducts.Among(recorded).ToVectors().Values.Span,
                InnerProducts.Among(embedding.ToVectors()).ToVectors().Values.Span, SpectralTolerance);
        }
    }

    private static IEnumerable<int> Sizes(List<int> labels, int points, int clusters) =>
        labels.Chunk(points)
            .SelectMany(segment => Enumerable.Range(0, clusters).Select(cluster => segment.Count(label => label == cluster)));
}
