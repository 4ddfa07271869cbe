using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="GtpVit"/>: single steps, all selections, sparse attention, and whole blocks.</summary>
internal sealed class GtpVitRecording : MethodRecording
{
    private const double Tolerance = 2e-5, BlockTolerance = 1e-4;

    /// <inheritdoc/>
    public override string Method => GtpVit.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => true;

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        if (recording.Knows("selections"))
            CompareSelections(recording, comparison);
        else if (recording.Has("qkv_weight"))
            CompareAttention(recording, comparison);
        else if (recording.Knows("depth"))
            CompareBlocks(recording, comparison);
        else
            CompareStep(recording, comparison);
    }

    private static GtpVit.Options Options(Recording recording) => new()
    {
        PerBlock = [recording.Int("num_prop")],
        Sparsity = recording.Knows("sparsity") ? recording.Double("sparsity") : 1,
        Alpha = recording.Double("alpha"),
        Neighbours = recording.Int("num_neighbours"),
        GraphType = Enum.Parse<GtpVit.Neighbourhood>(recording.Text("graph_type")),
        SelectBy = Enum.Parse<GtpVit.Selection>(recording.Text("selection"), ignoreCase: true),
        PropagateBy = recording.Text("propagation") switch
        {
            "GraphProp" => GtpVit.Propagation.Graph,
            "Mean" => GtpVit.Propagation.Mean,
            _ => GtpVit.Propagation.None,
        },
        TokenScale = recording.Bool("token_scale"),
    };

    private static RecordedRun Start(
        GtpVit.Options options, Recording recording, float[] x, int width, int blocks, int heads, float[]? sizes = null)
    {
        int special = recording.Bool("class_token") ? 1 : 0;
        EncoderContext context = RecordedRun.Context(blocks, heads, recording.Grid(1, x.Length / width - special), special);
        var run = new RecordedRun(new GtpVit(options), context, x, width, 1, sizes);
        run.Stop(new EncoderPoint(0, EncoderMoment.BeforeBlock));
        return run;
    }

    private static RealMatrix Graph(GtpVit.Options options, Recording recording)
    {
        TokenMatrix x = recording.Vectors("x");
        int special = recording.Bool("class_token") ? 1 : 0, patches = x.Count - special;
        int[] places = [.. Enumerable.Range(0, patches)];
        return new GtpVit(options).Graph(x.Slice(special, patches), places, recording.Grid(1, patches).Columns, special > 0);
    }

    private static void CompareStep(Recording recording, Comparison comparison)
    {
        GtpVit.Options options = Options(recording);
        int special = recording.Bool("class_token") ? 1 : 0, heads = recording.Int("heads");
        TokenMatrix x = recording.Vectors("x");
        RealMatrix graph = Graph(options, recording);
        comparison.RelativelyClose("graph", recording.Floats("graph"), graph.ToVectors().Values.Span, Tolerance);
        float[]? sizes = recording.Has("token_scales") ? recording.Floats("token_scales") : null;
        RecordedRun run = Start(options, recording, x.Values.ToArray(), x.Dimension, 1, heads, sizes);
        run.Stop(new EncoderPoint(0, EncoderMoment.AfterAttention),
            attention: [AttentionView.Of(recording.Floats("attention"), heads, x.Count)]);
        ReductionPlan plan = run.Plan!;
        int[] kept = [.. plan.Places.Skip(special)];
        comparison.Equal("kept_index", recording.Integers("kept_index"), kept);
        comparison.Equal("propagated_index", recording.Integers("propagated_index"), plan.Trace.Find<int>("propagated")!);
        comparison.RelativelyClose("x_out", recording.Floats("x_out"), run.X, Tolerance);
        RealMatrix left = graph.Select(Array.ConvertAll(kept, row => row - special));
        comparison.RelativelyClose("graph_out", recording.Floats("graph_out"), left.ToVectors().Values.Span, Tolerance);
        if (sizes is not null)
            comparison.RelativelyClose("token_scales_out", recording.Floats("token_scales_out"), run.Sizes, Tolerance);
    }

    private static void CompareSelections(Recording recording, Comparison comparison)
    {
        int rows = recording.Shape("attention")[1], special = recording.Bool("class_token") ? 1 : 0, heads = recording.Int("heads");
        float[] attention = recording.Floats("attention");
        foreach (string name in recording.Text("selections").Split(','))
        {
            var options = new GtpVit.Options
            {
                PerBlock = [recording.Int("num_prop")],
                SelectBy = Enum.Parse<GtpVit.Selection>(name, ignoreCase: true),
                PropagateBy = GtpVit.Propagation.None,
            };
            // States are not recorded: without propagation nothing depends on them.
            RecordedRun run = Start(options, recording, new float[rows], 1, 1, heads);
            run.Stop(new EncoderPoint(0, EncoderMoment.AfterAttention), attention: [AttentionView.Of(attention, heads, rows)]);
            comparison.Equal($"kept_{name}", recording.Integers($"kept_{name}"), run.Plan!.Places.Skip(special));
            comparison.Equal($"propagated_{name}", recording.Integers($"propagated_{name}"), run.Plan.Trace.Find<int>("propagated")!);
        }
    }

    private static void CompareAttention(Recording recording, Comparison comparison)
    {
        int heads = recording.Int("heads"), width = recording.Int("dim");
        var method = new GtpVit(new GtpVit.Options { Sparsity = recording.Double("sparsity") });
        float[] projected = RecordedMath.Linear(recording.Floats("x"), recording.Floats("qkv_weight"), recording.Floats("qkv_bias"), width);
        float[] Part(int part) => RecordedMath.Columns(projected, 3 * width, part * width, width);
        double[] bias = Array.ConvertAll(recording.Floats("token_scales"), scale => Math.Log(scale));
        float[] attention = RecordedMath.Attention(Part(0), Part(1), width, heads, bias);
        method.Sparsify(attention, heads);
        comparison.RelativelyClose("attention", recording.Floats("attention"), attention, Tolerance);
        float[] gathered = RecordedMath.Gather(attention, Part(2), width, heads);
        float[] y = RecordedMath.Linear(gathered, recording.Floats("proj_weight"), recording.Floats("proj_bias"), width);
        comparison.RelativelyClose("y", recording.Floats("y"), y, Tolerance);
    }

    private static void CompareBlocks(Recording recording, Comparison comparison)
    {
        GtpVit.Options options = Options(recording);
        var method = new GtpVit(options);
        int heads = recording.Int("heads"), depth = recording.Int("depth"), width = recording.Int("dim"),
            special = recording.Bool("class_token") ? 1 : 0;
        double epsilon = recording.Double("norm_eps");
        RecordedRun run = Start(options, recording, recording.Floats("x"), width, depth, heads);
        for (int layer = 0; layer < depth; layer++)
        {
            var block = new TimmBlock(recording, $"w.blocks.{layer}.", heads, epsilon);
            int rows = run.Lengths[0];
            run.Add(block.Attend(run.X, run.KeyBias, attention => method.Sparsify(attention, heads)));
            run.Stop(new EncoderPoint(layer, EncoderMoment.AfterAttention), attention: [block.View(rows)]);
            if (run.Plan is { } plan)
                comparison.Equal($"block{layer}_kept_index", recording.Integers($"block{layer}_kept_index"), plan.Places.Skip(special));
            run.Add(block.Mlp(run.X));
            comparison.Equal($"block{layer}_place", recording.Integers($"block{layer}_place"), run.Origins);
            comparison.RelativelyClose($"block{layer}_x", recording.Floats($"block{layer}_x"), run.X, BlockTolerance);
            if (recording.Has($"block{layer}_token_scales"))
                comparison.RelativelyClose($"block{layer}_token_scales",
                    recording.Floats($"block{layer}_token_scales"), run.Sizes, BlockTolerance);
        }
        if (!recording.Has("graph_out"))
            return;
        RealMatrix left = Graph(options, recording).Select([.. run.Origins.Skip(special).Select(row => row - special)]);
        comparison.RelativelyClose("graph_out", recording.Floats("graph_out"), left.ToVectors().Values.Span, Tolerance);
    }
}
