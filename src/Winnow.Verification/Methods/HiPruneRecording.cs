using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>
/// Recordings of <see cref="HiPrune"/>: LLaVA pictures with a class token in front, or one Qwen picture without features.
/// </summary>
internal sealed class HiPruneRecording : MethodRecording
{
    /// <inheritdoc/>
    public override string Method => HiPrune.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("object_attention");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        bool llava = recording.Text("variant") == "llava";
        int images = llava ? recording.Int("images") : 1;
        var options =
            new HiPrune.Options { Alpha = recording.Double("alpha"), ObjectLayer = recording.Int("object_layer"), Reproduce = true };
        options = llava
            ? options with { KeepPerFrame = recording.Int("retention") / images }
            : options with { Retention = recording.Double("retention") };
        SignalValue objects = Attention(recording, "object_attention", images, llava),
            deep = Attention(recording, "deep_attention", images, llava);
        int perFrame = objects.Shape[1];
        TokenMatrix features = llava ? recording.Vectors("features") : new TokenMatrix(new float[perFrame], 1);
        ReductionPlan plan = new HiPrune(options)
            .Reduce(new ReductionInput(features, recording.Grid(images, perFrame), new Dictionary<SignalRequest, SignalValue>
            {
                [new SignalRequest(Signal.ReceivedAttention, options.ObjectLayer - 1)] = objects,
                [new SignalRequest(Signal.ReceivedAttention)] = deep,
            }));
        comparison.Equal("out_kept_indices", recording.Integers("out_kept_indices"), plan.Places);
        if (recording.Has("anchor_indices"))
            comparison.SameSet("anchor_indices", recording.Integers("anchor_indices"), plan.Trace.Find<int>("anchors")!);
        if (llava)
            comparison.Applied(recording, "out_kept_features", plan, features);
    }

    // LLaVA's rows start with the class token's column, which the official code drops.
    private static SignalValue Attention(Recording recording, string array, int images, bool classToken)
    {
        float[] values = recording.Floats(array);
        int width = values.Length / images;
        return classToken
            ? new SignalValue(ClassToken.Without(values, [images, width, 1]), images, width - 1)
            : new SignalValue(values, images, width);
    }
}
