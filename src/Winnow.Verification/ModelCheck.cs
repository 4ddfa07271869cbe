using System.Numerics.Tensors;
using System.Text.Json;
using Winnow.Models.Encode;
using Winnow.Models.Families;
using Winnow.Models.Prefill;
using Winnow.Models.Weights;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Verification;

/// <summary>
/// A model's recording: <c>forward.safetensors</c> with what a reference implementation computed, beside the <c>checkpoint/</c> that it
/// ran.
/// </summary>
internal sealed class ModelCheck : IRecordingCheck
{
    // Float32 sums in another order; relative to the largest recorded magnitude.
    private const double Tolerance = 1e-4;

    public string Kind => "model";

    public bool Recognises(string file) => Path.GetFileName(file) == "forward.safetensors" && Directory.Exists(CheckpointOf(file));

    public void Check(string file, Comparison comparison)
    {
        using var recording = SafeTensorsFile.Open(file);
        using var compute = new Compute();
        switch (ModelTypeOf(CheckpointOf(file)))
        {
            case "llava_onevision" or "llava_qwen" or "llava":
                using (var model = LlavaOneVision.Load(CheckpointOf(file), compute))
                    CheckLlava(model, recording, comparison);
                break;
            case "siglip_vision_model" or "siglip":
                using (var model = SiglipVisionModel.Load(CheckpointOf(file), compute))
                    CheckSiglip(model, recording, comparison);
                break;
            case { } type:
                throw new RecordingSkippedException($"this build does not know the model type {type}");
        }
    }

    private static string CheckpointOf(string file) => Path.Combine(Path.GetDirectoryName(file)!, "checkpoint");

    private static string ModelTypeOf(string folder)
    {
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "config.json")));
        return config.RootElement.TryGetProperty("model_type", out JsonElement type) ? type.ToString() : "without a name";
    }

    private static void CheckLlava(LlavaOneVision model, SafeTensorsFile recording, Comparison comparison)
    {
        CheckTower(model, recording, comparison);
        PromptRows prompt = model.Splice(recording.ReadInt32s("input_ids"), Encode(model, recording), null, PositionRule.Original);
        Compare(comparison, recording, "video_features", prompt.Rows.Slice(prompt.VisualStart, prompt.VisualCount).Values.Span);
        PrefillRecord record = Ask(recording, model.Config.Text.Layers, prompt.Rows.Count);
        using DecoderSession session = model.StartSession();
        ReadOnlyMemory<float> logits = session.Prefill(prompt, record);
        foreach ((string name, int layers) in States(recording, model.Config.Text.Layers))
            Compare(comparison, recording, name, record.State(layers));
        foreach ((string name, int layer, _) in Attentions(recording))
            Compare(comparison, recording, name, record.Attention(layer));
        Compare(comparison, recording, "logits", record.Logits);
        if (recording.Contains("generated"))
            comparison.Equal("generated", recording.ReadInt64s("generated"), Generate(session, logits, (int)recording["generated"].Count));
    }

    private static void CheckTower(LlavaOneVision model, SafeTensorsFile recording, Comparison comparison)
    {
        using var arena = new ActivationArena();
        var record = new TowerRecord(model.Tower.Config);
        (int tokens, int frames) = (model.Tower.Config.Tokens, recording["pixel_values"].Shape[0]);
        float[] last = record.State(-1), pixels = recording.ReadFloats("pixel_values");
        float[] hidden = new float[frames * last.Length], projected = new float[frames * tokens * model.Projector.Width];
        var features = new TowerFeatures(record, model.Config.FeatureLayers);
        for (int frame = 0; frame < frames; frame++)
        {
            model.Tower.Encode(FrameOf(pixels, frame, frames), record, arena);
            last.CopyTo(hidden, frame * last.Length);
            features.Update();
            model.Projector.Apply(features.Values, tokens, FrameOf(projected, frame, frames), arena);
        }
        Compare(comparison, recording, "vision_hidden", hidden);
        Compare(comparison, recording, "projected", projected);
    }

    private static void CheckSiglip(SiglipVisionModel model, SafeTensorsFile recording, Comparison comparison)
    {
        SiglipPoolingHead head = model.Head ?? throw new WinnowException("The recorded SigLIP checkpoint holds no pooling head.");
        using var arena = new ActivationArena();
        var record = new TowerRecord(model.Tower.Config);
        (int heads, int tokens, int width) = (model.Tower.Config.Heads, model.Tower.Config.Tokens, model.Tower.Config.Width);
        float[] last = record.State(-1), pixels = recording.ReadFloats("pixel_values");
        int frames = recording["pixel_values"].Shape[0];
        float[] hidden = new float[frames * last.Length], normed = new float[hidden.Length];
        float[] attention = new float[frames * heads * tokens], embeddings = new float[frames * width];
        for (int frame = 0; frame < frames; frame++)
        {
            model.Tower.Encode(FrameOf(pixels, frame, frames), record, arena);
            last.CopyTo(hidden, frame * last.Length);
            head.Apply(last, FrameOf(normed, frame, frames), FrameOf(attention, frame, frames), FrameOf(embeddings, frame, frames), arena);
        }
        Compare(comparison, recording, "before_post_layernorm", hidden);
        Compare(comparison, recording, "last_hidden_state", normed);
        Compare(comparison, recording, "probe_attention", attention);
        Compare(comparison, recording, "pooler_output", embeddings);
    }

    private static EncodedVideo Encode(LlavaOneVision model, SafeTensorsFile recording)
    {
        float[] pixels = recording.ReadFloats("pixel_values");
        int frames = recording["pixel_values"].Shape[0];
        using IVideoEncoding encoding = model.StartVideo([]);
        for (int frame = 0; frame < frames; frame++)
            encoding.Add(FrameOf(pixels, frame, frames));
        return encoding.Complete();
    }

    private static PrefillRecord Ask(SafeTensorsFile recording, int layers, int rows)
    {
        var record = new PrefillRecord { AllLogits = recording.Contains("logits") };
        foreach ((_, int state) in States(recording, layers))
            record.WantState(state);
        foreach ((_, int layer, bool lastOnly) in Attentions(recording))
            record.WantAttention(layer, lastOnly ? [rows - 1] : [.. Enumerable.Range(0, rows)]);
        return record;
    }

    /// <summary>
    /// Recorded hidden states: <c>hidden_embeddings</c>, <c>hidden_layer3</c> (after three layers), <c>hidden_last</c> (after the final
    /// norm).
    /// </summary>
    private static IEnumerable<(string Name, int Layers)> States(SafeTensorsFile recording, int layers) =>
        from name in recording.Entries.Keys
        let state = name switch
        {
            "hidden_embeddings" => 0,
            "hidden_last" => layers,
            _ => NumberAfter(name, "hidden_layer", ""),
        }
        where state >= 0 && state <= layers
        select (name, state);

    /// <summary>Recorded attention: <c>attention_layer1</c> (every row) or <c>attention_layer0_last_query</c>.</summary>
    private static IEnumerable<(string Name, int Layer, bool LastOnly)> Attentions(SafeTensorsFile recording) =>
        from name in recording.Entries.Keys
        let lastOnly = name.EndsWith("_last_query", StringComparison.Ordinal)
        let layer = NumberAfter(name, "attention_layer", lastOnly ? "_last_query" : "")
        where layer >= 0
        select (name, layer, lastOnly);

    private static int NumberAfter(string name, string start, string end) =>
        name.StartsWith(start, StringComparison.Ordinal) && int.TryParse(name.AsSpan()[start.Length..^end.Length], out int number)
            ? number
            : -1;

    private static IEnumerable<int> Generate(DecoderSession session, ReadOnlyMemory<float> logits, int count)
    {
        for (int i = 0; i < count; i++)
        {
            int id = TensorPrimitives.IndexOfMax(logits.Span);
            yield return id;
            if (i + 1 < count)
                logits = session.Step(id);
        }
    }

    private static Span<float> FrameOf(float[] values, int frame, int frames) =>
        values.AsSpan(frame * (values.Length / frames), values.Length / frames);

    private static void Compare(Comparison comparison, SafeTensorsFile recording, string name, ReadOnlySpan<float> actual)
    {
        if (recording.Contains(name))
            comparison.RelativelyClose(name, recording.ReadFloats(name), actual, Tolerance);
    }
}
