using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="VScan"/>, the part after the encoder, and the two rankings inside the language model.</summary>
internal sealed class VScanRecording : MethodRecording
{
    /// <inheritdoc/>
    public override string Method => VScan.Card.Id;

    /// <inheritdoc/>
    public override string Part(Recording recording) => recording.Text("variant");

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => Part(recording) is "llava" or "qwen" or "llava-llm" or "qwen-llm";

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        if (Part(recording).EndsWith("-llm", StringComparison.Ordinal))
            CompareInside(recording, comparison);
        else
            CompareBefore(recording, comparison);
    }

    private static void CompareInside(Recording recording, Comparison comparison)
    {
        (int start, int count, int texts) =
            (recording.Int("system_tokens"), recording.Int("rows") * recording.Int("cols"), recording.Int("text_tokens"));
        bool llava = recording.Text("variant") == "llava-llm";
        var method = new VScan(new VScan.Options
        {
            InnerLayer = recording.Int("layer"),
            InnerTokens = recording.Int("keep"),
            InnerForm = llava ? VScan.Ranking.Llava : VScan.Ranking.Qwen,
        });
        var projections = new ProjectedAttention
        {
            QueryWeight = recording.Floats("w_query"),
            KeyWeight = recording.Floats("w_key"),
            Heads = recording.Int("heads"),
            KeyHeads = recording.Int("kv_heads"),
            RopeBase = llava ? RecordedPrefill.UsualRopeBase : null,
        };
        PrefillContext context = RecordedPrefill.Context(recording.Vectors("hidden"), start, count, recording.Int("heads"));
        var prefill = new RecordedPrefill(context);
        AttentionView attention = projections.Of(prefill.Hidden, prefill.Positions, 1);
        if (recording.Has("out_kept_by_rank"))
        {
            double[] scores = ReceivedAttention.Mean(attention, start, count);
            comparison.Equal("out_kept_by_rank", recording.Integers("out_kept_by_rank"),
                TopK.Largest(scores, recording.Int("keep"), EmitBy.Score));
        }
        prefill.Stop(method.Begin(context), new PrefillPoint(recording.Int("layer")), attention);
        comparison.Equal("out_kept_indices", recording.Integers("out_kept_indices"), prefill.VisualPlaces);
        comparison.Equal("out_position_ids", recording.Integers("out_position_ids"), prefill.Positions);
    }

    private static void CompareBefore(Recording recording, Comparison comparison)
    {
        bool llava = recording.Text("variant") == "llava";
        var options = new VScan.Options { Reproduce = true };
        options = llava
            ? options with { KeepPerFrame = recording.Int("budget"), Scan = VScan.Windows.Equal, Window = 6 }
            : options with { Retention = recording.Double("ratio"), Window = recording.Int("window") };
        TokenMatrix features = recording.Vectors("features");
        int images = llava ? recording.Int("images") : 1, perFrame = features.Count / images;
        ReductionPlan plan = new VScan(options)
            .Reduce(new ReductionInput(features, recording.Grid(images, perFrame), new Dictionary<SignalRequest, SignalValue>
            {
                [new SignalRequest(Signal.ReceivedAttention, options.ShallowLayer)] = new(
                    recording.Floats(llava ? "cls_attention_shallow" : "attention_local"), images, perFrame),
                [new SignalRequest(Signal.ReceivedAttention)] = new(
                    recording.Floats(llava ? "cls_attention_deep" : "attention_global"), images, perFrame),
            }));
        comparison.Equal("out_kept_indices", recording.Integers("out_kept_indices"), plan.Places);
        int[] local = plan.Trace.Find<int>("local")!;
        comparison.Equal("out_local_indices", recording.Integers("out_local_indices"),
            local.Select((place, i) => i / (local.Length / images) * perFrame + place));
        comparison.Applied(recording, "out_kept_features", plan, features);
    }
}
