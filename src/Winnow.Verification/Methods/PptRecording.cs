using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="Ppt"/>: one block's reduction of several frames, with given scores or behind an attention.</summary>
internal sealed class PptRecording : MethodRecording
{
    private const double Tolerance = 2e-5;

    /// <inheritdoc/>
    public override string Method => Ppt.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => true;

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        IReadOnlyList<int> shape = recording.Shape("x");
        (int frames, int count, int width) = (shape[0], shape[1], shape[2]);
        TokenGrid grid = recording.Grid(frames, count - 1);
        var method = new Ppt(new Ppt.Options { Blocks = [0], PerBlock = recording.Int("r"), Threshold = recording.Double("threshold") });
        Block block = recording.Has("attn.qkv.weight") ? Attended(recording, comparison) : Given(recording);
        EncoderContext context = RecordedRun.Context(1, block.Heads, grid, 1);
        var run = new RecordedRun(method, context, recording.Floats("x"), width, frames, Sizes(recording));
        run.Stop(new EncoderPoint(0, EncoderMoment.AfterAttention), block.Keys, block.Values, block.Attention);
        if (run.Plan is { } plan)
        {
            IEnumerable<double> scores = plan.Trace.Find<double>("scores")!.Chunk(count - 1).SelectMany(frame => frame.Prepend(2.0));
            comparison.Close("scores", recording.Doubles("scores"), [.. scores], Tolerance);
            double[] variance = recording.Doubles("variance");
            comparison.Close("variance", variance, plan.Trace.Find<double>("variance")!, Tolerance * variance.Max());
            comparison.Equal("pooled", recording.Integers("pooled"), plan.Trace.Find<bool>("pooled")!.Select(flag => flag ? 1 : 0));
        }
        comparison.Equal("emitted_index", recording.Integers("emitted_index"), run.Origins.Select(row => row % count));
        comparison.RelativelyClose("out", recording.Floats("out"), run.X, Tolerance);
        comparison.RelativelyClose("size_out", recording.Floats("size_out"), run.Sizes, Tolerance);
    }

    private static float[]? Sizes(Recording recording) => recording.Has("size") ? recording.Floats("size") : null;

    /// <summary>Recorded scores, as the attention of the class token to values of length 1.</summary>
    private static Block Given(Recording recording)
    {
        (int frames, int count) = (recording.Shape("scores")[0], recording.Shape("scores")[1]);
        var views = new List<AttentionView>();
        foreach (float[] scores in recording.Floats("scores").Chunk(count))
        {
            float[] attention = new float[count * count];
            scores.AsSpan(1).CopyTo(attention.AsSpan(1));
            views.Add(AttentionView.Of(attention, 1, count));
        }
        return new Block(1, recording.Vectors("metric"), new TokenMatrix(Enumerable.Repeat(1f, frames * count).ToArray(), 1), views);
    }

    private static Block Attended(Recording recording, Comparison comparison)
    {
        (int heads, int count, int width) = (recording.Int("heads"), recording.Shape("x")[1], recording.Shape("x")[2]);
        var attention = new FusedAttention(recording, heads, recording.Floats("attn.qkv.bias"));
        List<float> keys = [], values = [], output = [];
        var views = new List<AttentionView>();
        float[][] sizes = Sizes(recording)?.Chunk(count).ToArray() ?? [];
        foreach ((int frame, float[] x) in recording.Floats("x").Chunk(count * width).Index())
        {
            double[] bias = sizes.Length > 0 ? Array.ConvertAll(sizes[frame], size => Math.Log(size)) : [];
            output.AddRange(attention.Attend(x, bias));
            views.Add(AttentionView.Of(attention.Probabilities(bias), heads, count));
            keys.AddRange(attention.Keys.Values.Span);
            values.AddRange(attention.Values.Values.Span);
        }
        comparison.RelativelyClose("attn_out", recording.Floats("attn_out"), output.ToArray(), Tolerance);
        var block = new Block(heads, new TokenMatrix(keys.ToArray(), width), new TokenMatrix(values.ToArray(), width), views);
        comparison.RelativelyClose("metric", recording.Floats("metric"), HeadMeans.Of(block.Keys, heads).Values.Span, Tolerance);
        return block;
    }

    private sealed record Block(int Heads, TokenMatrix Keys, TokenMatrix Values, IReadOnlyList<AttentionView> Attention);
}
