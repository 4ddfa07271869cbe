using System.Text.Json.Nodes;
using Winnow.Models.Encode;
using Winnow.Models.Families;
using Winnow.Models.Tests.Weights;
using Winnow.Models.Weights;
using Winnow.Numerics;
using Winnow.Reduction;
using Winnow.Tests;

namespace Winnow.Models.Tests.Families;

/// <summary>What the encoder gives beside the tokens, each brought to the tokens' grid.</summary>
public sealed class SignalTests : IDisposable
{
    // Float32 sums in another order than the recording or the plain twin.
    private const double Tolerance = 1e-4;
    private readonly TemporaryFolder _folder = new();
    private readonly Compute _compute = new(2);

    public void Dispose()
    {
        _compute.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Encoder_features_are_the_recorded_ones_pooled()
    {
        using var recording = LlavaOneVisionParityTests.OpenRecording("a");
        using var model = LlavaOneVisionParityTests.Load("a", _compute);
        SignalValue value = Value(model, recording, new SignalRequest(Signal.EncoderFeatures));
        Assert.Equal([5, 9, 64], value.Shape);
        Close.Relative("EncoderFeatures", Pool(model.Pooling, recording.ReadFloats("vision_hidden"), 64), value.Values.Span, Tolerance);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(-2)]
    public void Received_attention_and_keys_of_a_layer_equal_a_plain_computation(int layer)
    {
        using var recording = LlavaOneVisionParityTests.OpenRecording("a");
        using var model = LlavaOneVisionParityTests.Load("a", _compute);
        var attention = new SignalRequest(Signal.ReceivedAttention, layer);
        var keys = new SignalRequest(Signal.EncoderKeys, layer);
        EncodedVideo video = LlavaOneVisionParityTests.Encode(model, recording, attention, keys);
        (float[] expectedKeys, float[] expectedAttention) = PlainAttention(model, recording, layer < 0 ? 3 + layer : layer);
        Assert.Equal([5, 9], video.Signals[attention].Shape);
        Assert.Equal([5, 9, 64], video.Signals[keys].Shape);
        Close.Relative("keys", Pool(model.Pooling, expectedKeys, 64), video.Signals[keys].Values.Span, Tolerance);
        Close.Relative("received attention", Pool(model.Pooling, expectedAttention, 1), video.Signals[attention].Values.Span, Tolerance);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void Attention_map_of_a_layer_equals_a_plain_computation_pooled_along_both_sides(int layer)
    {
        using var recording = LlavaOneVisionParityTests.OpenRecording("a");
        using var model = LlavaOneVisionParityTests.Load("a", _compute);
        SignalValue value = Value(model, recording, new SignalRequest(Signal.AttentionMap, layer));
        (float[] queries, float[] keys) = PlainQueriesAndKeys(model, recording, layer < 0 ? 3 + layer : layer);
        Assert.Equal([5, 9, 9], value.Shape);
        for (int frame = 0; frame < 5; frame++)
        {
            float[] map = PlainMap(queries.AsSpan(frame * 36 * 64, 36 * 64), keys.AsSpan(frame * 36 * 64, 36 * 64));
            // Rows are shortened first, then their number.
            float[] narrow = Pool(model.Pooling, map, 1), pooled = Pool(model.Pooling, narrow, 9);
            Close.Relative($"map of frame {frame}", pooled, value.Values.Span.Slice(frame * 81, 81), Tolerance);
        }
    }

    [Fact]
    public void Pixels_are_the_blocks_behind_the_tokens_before_normalisation()
    {
        using var recording = LlavaOneVisionParityTests.OpenRecording("a");
        using var model = LlavaOneVisionParityTests.Load("a", _compute);
        SignalValue value = Value(model, recording, new SignalRequest(Signal.Pixels));
        float[] planes = recording.ReadFloats("pixel_values");
        Assert.Equal([5, 1, 9, 3 * 16 * 16], value.Shape);
        TokenMatrix blocks = value.AsMatrix();
        for (int token = 0; token < 45; token++)
            for (int i = 0; i < 768; i++)
            {
                (int channel, int y, int x) = (i / 256, token % 9 / 3 * 16 + i / 16 % 16, token % 3 * 16 + i % 16);
                double expected = planes[((token / 9 * 3 + channel) * 48 + y) * 48 + x] * model.Pixels.Deviation[channel]
                    + model.Pixels.Mean[channel];
                Assert.Equal(Math.Clamp(expected, 0, 1), blocks[token][i], 1e-6);
            }
    }

    [Fact]
    public void Projector_sensitivity_is_the_mean_length_of_finite_differences()
    {
        using var recording = LlavaOneVisionParityTests.OpenRecording("a");
        using var model = LlavaOneVisionParityTests.Load("a", _compute);
        using var arena = new ActivationArena();
        SignalValue value = Value(model, recording, new SignalRequest(Signal.ProjectorSensitivity));
        float[] features = recording.ReadFloats("vision_hidden"), directions = SensitivityProbe.Draw(64);
        double[] sensitivity = new double[5 * 36];
        float[] up = new float[64], down = new float[64], ahead = new float[96], behind = new float[96];
        for (int token = 0; token < sensitivity.Length; token++)
            for (int j = 0; j < SensitivityProbe.Directions; j++)
            {
                for (int d = 0; d < 64; d++)
                {
                    float nudge = SensitivityProbe.Step * directions[j * 64 + d];
                    (up[d], down[d]) = (features[token * 64 + d] + nudge, features[token * 64 + d] - nudge);
                }
                model.Projector.Apply(up, 1, ahead, arena);
                model.Projector.Apply(down, 1, behind, arena);
                double square = ahead.Zip(behind, (a, b) => (double)(a - b) * (a - b)).Sum();
                sensitivity[token] += Math.Sqrt(square) / (2 * SensitivityProbe.Step) / SensitivityProbe.Directions;
            }
        Assert.Equal([5, 9], value.Shape);
        // Differences of whole outputs in float32 lose two digits to cancellation.
        Close.Relative("sensitivity", Pool(model.Pooling, [.. sensitivity.Select(s => (float)s)], 1), value.Values.Span, 1e-2);
        Assert.True(value.Values.ToArray().Distinct().Count() > 1, "A projector with an activation is not equally sensitive everywhere.");
    }

    [Fact]
    public void Signals_do_not_change_the_tokens()
    {
        using var recording = LlavaOneVisionParityTests.OpenRecording("a");
        using var model = LlavaOneVisionParityTests.Load("a", _compute);
        EncodedVideo plain = LlavaOneVisionParityTests.Encode(model, recording);
        SignalRequest attention = new(Signal.ReceivedAttention, 1), embeddings = new(Signal.ImageEmbeddings);
        EncodedVideo asked = LlavaOneVisionParityTests.Encode(model, recording, attention, embeddings,
            new SignalRequest(Signal.AttentionMap, 1), new SignalRequest(Signal.Pixels),
            new SignalRequest(Signal.ProjectorSensitivity));
        Assert.Equal(plain.Features.Values.ToArray(), asked.Features.Values.ToArray());
        Assert.Equal([5, 9, 96], asked.Signals[embeddings].Shape);
    }

    [Theory]
    [InlineData(Signal.ClassAttention, "SigLIP has no class token")]
    [InlineData(Signal.ClassQuery, "ReceivedAttention")]
    [InlineData(Signal.PoolingAttention, "pooling head")]
    [InlineData(Signal.FrameEmbeddings, "google/siglip-so400m-patch14-384")]
    [InlineData(Signal.TextEmbeddings, "EmbedQuestion")]
    [InlineData(Signal.FrameScores, "when the question is asked")]
    [InlineData(Signal.AudioAttention, "no audio tower")]
    public void Signal_that_the_model_lacks_names_the_remedy(Signal kind, string expected)
    {
        using var model = LlavaOneVisionParityTests.Load("a", _compute);
        Assert.Contains(expected, Assert.Throws<WinnowException>(() => model.StartVideo([new SignalRequest(kind)])).Message);
        Assert.Equal(kind == Signal.TextEmbeddings, model.Supports(new SignalRequest(kind)));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-4)]
    public void Layer_that_the_tower_lacks_is_refused(int layer)
    {
        using var model = LlavaOneVisionParityTests.Load("a", _compute);
        var request = new SignalRequest(Signal.EncoderKeys, layer);
        Assert.False(model.Supports(request));
        Assert.Contains($"layer {layer}", Assert.Throws<WinnowException>(() => model.StartVideo([request])).Message);
    }

    [Fact]
    public void Question_embedding_is_the_mean_of_its_rows()
    {
        using var model = LlavaOneVisionParityTests.Load("a", _compute);
        float[] rows = new float[2 * 96];
        model.Decoder.Embed([5, 7], rows);
        SignalValue question = model.EmbedQuestion([5, 7]);
        Assert.Equal([1, 96], question.Shape);
        // Two roundings of a sum of two.
        float[] expected = [.. Enumerable.Range(0, 96).Select(i => (rows[i] + rows[96 + i]) / 2)];
        Close.Relative("question", expected, question.Values.Span, 1e-6);
    }

    public static TheoryData<KernelPath> Paths => [.. KernelPaths.Supported];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Pooling_head_equals_the_recording(KernelPath path)
    {
        using var compute = new Compute(2, path);
        using var recording = SafeTensorsFile.Open(Repository.Path("tests/goldens/models/siglip-head/forward.safetensors"));
        using var model = SiglipVisionModel.Load(Repository.Path("tests/goldens/models/siglip-head/checkpoint"), compute);
        using var arena = new ActivationArena();
        var record = new TowerRecord(model.Tower.Config);
        float[] last = record.State(-1), normed = new float[25 * 64], attention = new float[4 * 25], embedding = new float[64];
        for (int frame = 0; frame < 3; frame++)
        {
            model.Tower.Encode(Frame(recording, "pixel_values", frame, 3), record, arena);
            model.Head!.Apply(last, normed, attention, embedding, arena);
            Close.Relative("before_post_layernorm", Frame(recording, "before_post_layernorm", frame, 3), last, Tolerance);
            Close.Relative("last_hidden_state", Frame(recording, "last_hidden_state", frame, 3), normed, Tolerance);
            Close.Relative("probe_attention", Frame(recording, "probe_attention", frame, 3), attention, Tolerance);
            Close.Relative("pooler_output", Frame(recording, "pooler_output", frame, 3), embedding, Tolerance);
        }
    }

    [Fact]
    public void Pooling_head_from_a_second_file_gives_saliency_and_frame_embeddings()
    {
        BuildLlavaWithTheHeadsTower();
        using var recording = SafeTensorsFile.Open(Repository.Path("tests/goldens/models/siglip-head/forward.safetensors"));
        string head = Repository.Path("tests/goldens/models/siglip-head/checkpoint/model.safetensors");
        using var model = LlavaOneVision.Load(_folder.Path, _compute, new LlavaOneVisionOptions { PoolingHead = head });
        SignalRequest attentionRequest = new(Signal.PoolingAttention), embeddingRequest = new(Signal.FrameEmbeddings);
        EncodedVideo video = LlavaOneVisionParityTests.Encode(model, recording, attentionRequest, embeddingRequest);
        SignalValue saliency = video.Signals[attentionRequest], embeddings = video.Signals[embeddingRequest];
        Assert.Equal([3, 9], saliency.Shape);
        Assert.Equal([3, 64], embeddings.Shape);
        Close.Relative("FrameEmbeddings", recording.ReadFloats("pooler_output"), embeddings.Values.Span, Tolerance);
        float[] attention = recording.ReadFloats("probe_attention"), mean = new float[3 * 25];
        for (int i = 0; i < attention.Length; i++)
            mean[i / 100 * 25 + i % 25] += attention[i] / 4;
        Close.Relative("PoolingAttention", Pool(model.Pooling, mean, 1), saliency.Values.Span, Tolerance);
    }

    [Fact]
    public void File_without_a_pooling_head_is_refused()
    {
        string checkpoint = Repository.Path("tests/goldens/models/llava-onevision/a/checkpoint");
        var options = new LlavaOneVisionOptions { PoolingHead = Path.Combine(checkpoint, "model.safetensors") };
        var error = Assert.Throws<WinnowException>(() => LlavaOneVision.Load(checkpoint, _compute, options));
        Assert.Contains("no pooling head", error.Message);
    }

    private static SignalValue Value(LlavaOneVision model, SafeTensorsFile recording, SignalRequest request) =>
        LlavaOneVisionParityTests.Encode(model, recording, request).Signals[request];

    private static float[] Frame(SafeTensorsFile recording, string name, int frame, int frames)
    {
        float[] values = recording.ReadFloats(name);
        return values[(frame * (values.Length / frames))..((frame + 1) * (values.Length / frames))];
    }

    private static float[] Pool(SpatialPooling pooling, float[] values, int width)
    {
        int source = pooling.SourceSide * pooling.SourceSide * width, target = pooling.Tokens * width;
        float[] pooled = new float[values.Length / source * target];
        for (int frame = 0; frame * source < values.Length; frame++)
            pooling.Apply(values.AsSpan(frame * source, source), width, pooled.AsSpan(frame * target, target));
        return pooled;
    }

    /// <summary>Keys and received attention of a block from its input, in double precision, by the formula.</summary>
    private static (float[] Keys, float[] Received) PlainAttention(LlavaOneVision model, SafeTensorsFile recording, int layer)
    {
        (float[] q, float[] k) = PlainQueriesAndKeys(model, recording, layer);
        var received = new List<float>();
        for (int start = 0; start < k.Length; start += 36 * 64)
        {
            double[] queries = [.. q.AsSpan(start, 36 * 64).ToArray()], keys = [.. k.AsSpan(start, 36 * 64).ToArray()];
            received.AddRange(Plain.MeanReceivedAttention(queries, keys, 36, 4).Select(value => (float)value));
        }
        return (k, [.. received]);
    }

    /// <summary>Queries and keys of a block from its input, computed in double precision.</summary>
    private static (float[] Queries, float[] Keys) PlainQueriesAndKeys(LlavaOneVision model, SafeTensorsFile recording, int layer)
    {
        const int Width = 64, Frames = 5;
        using var weights = SafeTensorsFile.Open(Repository.Path("tests/goldens/models/llava-onevision/a/checkpoint/model.safetensors"));
        using var arena = new ActivationArena();
        var record = new TowerRecord(model.Tower.Config);
        float[] input = record.State(layer);
        List<float> queries = [], keys = [];
        for (int frame = 0; frame < Frames; frame++)
        {
            model.Tower.Encode(Frame(recording, "pixel_values", frame, Frames), record, arena);
            double[] normed = Plain.LayerNorm(input, Width, Read("layer_norm1.weight"), Read("layer_norm1.bias"), 1e-6);
            queries.AddRange(Project(normed, "q_proj"));
            keys.AddRange(Project(normed, "k_proj"));
        }
        return ([.. queries], [.. keys]);

        IEnumerable<float> Project(double[] rows, string name) =>
            Plain.Linear(rows, Read($"self_attn.{name}.weight"), Read($"self_attn.{name}.bias"), Width).Select(value => (float)value);

        float[] Read(string name) => weights.ReadFloats($"vision_tower.vision_model.encoder.layers.{layer}.{name}");
    }

    /// <summary><c>[36, 36]</c>: softmax of the scaled products, mean over four heads.</summary>
    private static float[] PlainMap(ReadOnlySpan<float> q, ReadOnlySpan<float> k)
    {
        const int Tokens = 36, Heads = 4, HeadWidth = 16;
        float[] map = new float[Tokens * Tokens];
        double[] row = new double[Tokens];
        for (int head = 0; head < Heads; head++)
            for (int i = 0; i < Tokens; i++)
            {
                for (int j = 0; j < Tokens; j++)
                {
                    row[j] = 0;
                    for (int d = head * HeadWidth; d < (head + 1) * HeadWidth; d++)
                        row[j] += q[i * 64 + d] * k[j * 64 + d] / Math.Sqrt(HeadWidth);
                    row[j] = Math.Exp(row[j]);
                }
                for (int j = 0; j < Tokens; j++)
                    map[i * Tokens + j] += (float)(row[j] / row.Sum() / Heads);
            }
        return map;
    }

    /// <summary>A LLaVA folder whose tower is the recorded SigLIP's, so that its head fits.</summary>
    private void BuildLlavaWithTheHeadsTower()
    {
        string llava = Repository.Path("tests/goldens/models/llava-onevision/a/checkpoint");
        string siglip = Repository.Path("tests/goldens/models/siglip-head/checkpoint");
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(llava, "config.json")))!;
        config["vision_config"] = JsonNode.Parse(File.ReadAllText(Path.Combine(siglip, "config.json")));
        File.WriteAllText(_folder.File("config.json"), config.ToJsonString());
        SafeTensorsWriter.Write(_folder.File("model.safetensors"),
        [
            .. NamedTensors.Read(llava).Where(tensor => !tensor.Name.StartsWith("vision_tower.", StringComparison.Ordinal)),
            .. NamedTensors.Read(siglip).Where(tensor => !tensor.Name.Contains(".head."))
                .Select(tensor => tensor with { Name = $"vision_tower.{tensor.Name}" }),
        ]);
    }
}
