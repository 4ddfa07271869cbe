using Winnow.Methods;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="FlowCut"/> inside the vision encoder and inside the language model.</summary>
internal sealed class FlowCutRecording : MethodRecording
{
    private const int Layer = 2;

    // Softmaxes of float32 products.
    private const double Tolerance = 1e-5;

    /// <inheritdoc/>
    public override string Method => FlowCut.Card.Id;

    /// <inheritdoc/>
    public override string Part(Recording recording) => recording.Text("variant");

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => Part(recording) is "llm" or "encoder" or "attention";

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        switch (Part(recording))
        {
            case "encoder":
                FlowCutEncoder.CompareCuts(recording, comparison);
                break;
            case "attention":
                FlowCutEncoder.CompareAttention(recording, comparison);
                break;
            default:
                CompareInsideModel(recording, comparison);
                break;
        }
    }

    private static void CompareInsideModel(Recording recording, Comparison comparison)
    {
        IReadOnlyList<int> shape = recording.Shape("key_visual");
        (int heads, int count, int width) = (shape[0], shape[1], shape[2]);
        // Of the text only the last row was recorded.
        PrefillContext context = RecordedPrefill.Context(RecordedPrefill.NoStates(count + 1), 0, count, heads) with { HeadWidth = width };
        var method = new FlowCut(
            new FlowCut.Options { Parts = MethodParts.InsideModel, Layer = Layer, KeptTokens = recording.Int("target") });
        var prefill = new RecordedPrefill(context);
        PrefillView view = prefill.View(new PrefillPoint(Layer), Relation(recording, heads, count, width)) with
        {
            Values = Values(recording, heads, count, width),
        };
        comparison.RelativelyClose("score", recording.Floats("score"),
            Array.ConvertAll(FlowCut.Score(view), score => (float)score), Tolerance);
        prefill.Stop(method.Begin(context), view);
        comparison.Equal("out_kept_indices", recording.Integers("out_kept_indices"), prefill.VisualPlaces);
    }

    private static AttentionView Relation(Recording recording, int heads, int count, int width)
    {
        using var compute = new Compute(1);
        float[] keys = recording.Floats("key_visual"), row = new float[heads * (count + 1)], attention = new float[heads * count];
        Attention.Rows(compute, new AttentionInput
        {
            Queries = recording.Floats("query_last"),
            QueryCount = 1,
            Heads = heads,
            KeyValues = KeyValues.Cache(keys, keys, count, heads, count, width),
            Scale = 1 / MathF.Sqrt(width),
            Causal = false,
        }, [0], attention);
        for (int head = 0; head < heads; head++)
            attention.AsSpan(head * count, count).CopyTo(row.AsSpan(head * (count + 1)));
        return AttentionView.Of(row, heads, 1);
    }

    // Recorded [heads, rows, width]; a row has all heads side by side.
    private static TokenMatrix Values(Recording recording, int heads, int count, int width)
    {
        float[] visual = recording.Floats("value_visual"), rows = new float[(count + 1) * heads * width];
        for (int head = 0; head < heads; head++)
            for (int row = 0; row < count; row++)
                visual.AsSpan((head * count + row) * width, width).CopyTo(rows.AsSpan((row * heads + head) * width));
        recording.Floats("value_last").CopyTo(rows, count * heads * width);
        return new TokenMatrix(rows, heads * width);
    }
}
