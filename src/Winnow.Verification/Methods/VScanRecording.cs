using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="VScan"/>, the part after the encoder; the others belong to layers of the language model.</summary>
internal sealed class VScanRecording : MethodRecording
{
    /// <inheritdoc/>
    public override string Method => VScan.Card.Id;

    /// <inheritdoc/>
    public override string Part(Recording recording) => recording.Text("variant");

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => Part(recording) is "llava" or "qwen";

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        bool llava = Part(recording) == "llava";
        var options = new VScan.Options { Reproduce = true };
        options = llava
            ? options with { KeepPerFrame = recording.Int("budget"), Scan = VScan.Windows.Equal, Window = 6 }
            : options with { Retention = recording.Double("ratio"), Window = recording.Int("window") };
        TokenMatrix features = recording.Vectors("features");
        int images = llava ? recording.Int("images") : 1, perFrame = features.Count / images;
        ReductionPlan plan = new VScan(options).Reduce(new ReductionInput(features, recording.Grid(images, perFrame), new Dictionary<SignalRequest, SignalValue>
        {
            [new SignalRequest(Signal.ReceivedAttention, options.ShallowLayer)] = new(recording.Floats(llava ? "cls_attention_shallow" : "attention_local"), images, perFrame),
            [new SignalRequest(Signal.ReceivedAttention)] = new(recording.Floats(llava ? "cls_attention_deep" : "attention_global"), images, perFrame),
        }));
        comparison.Equal("out_kept_indices", recording.Integers("out_kept_indices"), plan.Places);
        int[] local = plan.Trace.Find<int>("local")!;
        comparison.Equal("out_local_indices", recording.Integers("out_local_indices"), local.Select((place, i) => i / (local.Length / images) * perFrame + place));
        comparison.Applied(recording, "out_kept_features", plan, features);
    }
}
