using Winnow.Models.Configuration;
using Winnow.Models.Families;
using Winnow.Models.Prefill;
using Winnow.Models.Weights;
using Winnow.Numerics;
using Winnow.Reduction;
using Winnow.Tests;

namespace Winnow.Models.Tests.Families;

public sealed class SessionTests : IDisposable
{
    // The same sums in pieces of other lengths: only float32 rounding differs.
    private const double Tolerance = 1e-5;
    private readonly Compute _compute = new(2);

    public void Dispose() => _compute.Dispose();

    [Fact]
    public void Turn_after_turn_equals_one_long_prompt()
    {
        using var model = LlavaOneVisionParityTests.Load("a", _compute);
        int[] ids = [.. Enumerable.Range(5, 40)];
        using DecoderSession whole = model.StartSession(), turns = model.StartSession();
        float[] expected = whole.Prefill(model.EmbedText(ids, 0)).ToArray();
        turns.Prefill(model.EmbedText(ids.AsSpan(0, 17), 0));
        turns.Step(ids[17]);
        float[] actual = turns.Prefill(model.EmbedText(ids.AsSpan(18), turns.NextPosition)).ToArray();
        Close.Relative("logits", expected, actual, Tolerance);
        Assert.Equal((40, 40), (turns.Length, turns.NextPosition));
    }

    [Fact]
    public void Prompt_longer_than_a_piece_equals_the_same_rows_read_one_by_one()
    {
        using var model = LlavaOneVisionParityTests.Load("b-untied-bf16-sharded", _compute);
        int[] ids = [.. Enumerable.Range(0, 1100).Select(i => 5 + i * 7 % 300)];
        using DecoderSession whole = model.StartSession(), steps = model.StartSession();
        float[] expected = whole.Prefill(model.EmbedText(ids, 0)).ToArray();
        steps.Prefill(model.EmbedText(ids.AsSpan(0, 1000), 0));
        ReadOnlyMemory<float> logits = default;
        foreach (int id in ids.AsSpan(1000))
            logits = steps.Step(id);
        Close.Relative("logits", expected, logits.Span, Tolerance);
    }

    [Fact]
    public void Attention_of_chosen_rows_across_pieces_sums_to_one_over_what_they_see()
    {
        using var model = LlavaOneVisionParityTests.Load("b-untied-bf16-sharded", _compute);
        int[] ids = [.. Enumerable.Range(0, 1100).Select(i => 5 + i * 7 % 300)], rows = [3, 1030, 1099];
        var record = new PrefillRecord();
        record.WantAttention(2, rows);
        using DecoderSession session = model.StartSession();
        session.Prefill(model.EmbedText(ids, 0), record);
        float[] attention = record.Attention(2);
        Assert.Equal(4 * 3 * 1100, attention.Length);
        for (int row = 0; row < 4 * 3; row++)
        {
            ReadOnlySpan<float> values = attention.AsSpan(row * 1100, 1100);
            int seen = rows[row % 3] + 1;
            // A sum of at most 1100 float32 probabilities.
            Assert.Equal(1f, values[..seen].ToArray().Sum(), 1e-4f);
            Assert.False(values[seen..].ContainsAnyExcept(0f));
        }
    }

    [Fact]
    public void Positions_decide_the_angles_and_not_the_number_of_cached_rows()
    {
        using var model = LlavaOneVisionParityTests.Load("a", _compute);
        using DecoderSession shifted = model.StartSession(), plain = model.StartSession();
        int[] ids = [10, 11, 12, 13];
        // Rotary attention depends on differences of positions alone: the same text further on gives the same logits, up to rounding of
        // larger angles.
        Close.Relative("logits", plain.Prefill(model.EmbedText(ids, 0)).Span, shifted.Prefill(model.EmbedText(ids, 1000)).Span, 1e-4);
        Assert.Equal((4, 1004), (shifted.Length, shifted.NextPosition));
        Close.Relative("logits of a step", plain.Step(20).Span, shifted.Step(20).Span, 1e-4);
    }

    [Fact]
    public void Sequence_beyond_the_models_length_is_refused_with_both_numbers()
    {
        using var model = LlavaOneVisionParityTests.Load("a", _compute);
        using DecoderSession session = model.StartSession();
        string message = Assert.Throws<WinnowException>(() => session.Prefill(model.EmbedText([5, 6], 4095))).Message;
        Assert.Contains("4097", message);
        Assert.Contains("4096", message);
        Assert.Contains("empty", Assert.Throws<WinnowException>(() => session.Prefill(model.EmbedText([], 0))).Message);
    }

    [Fact]
    public void Trained_half_precision_checkpoint_loads_and_int8_stays_near_it()
    {
        string folder = Repository.Path("models/tiny");
        using var model = LlavaOneVision.Load(folder, _compute);
        using var quantized = LlavaOneVision.Load(folder, _compute, new LlavaOneVisionOptions { Quantize = true, GroupSize = 64 });
        Assert.Equal((96, 16), (model.Pixels.Height, model.Pixels.Frames));
        float[] pixels = new float[3 * 96 * 96];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = i / 96 % 24 < 12 ? 0.8f : -0.6f;
        // Weights and activations are rounded to 127 steps; over four blocks that moves features and logits by a few percent.
        Close.Relative("logits", Answer(model), Answer(quantized), 0.1);

        float[] Answer(LlavaOneVision candidate)
        {
            using IVideoEncoding encoding = candidate.StartVideo([]);
            encoding.Add(pixels);
            encoding.Add(pixels);
            using DecoderSession session = candidate.StartSession();
            int[] ids = [522, candidate.VideoTokenId, 100, 101];
            return session.Prefill(candidate.Splice(ids, encoding.Complete(), null, PositionRule.Original)).ToArray();
        }
    }

    [Theory]
    [InlineData(NewlineLayout.Grid, PoolingMode.Average, 2 * 2 * 3)]
    [InlineData(NewlineLayout.Frame, PoolingMode.Bilinear, 2 * 10)]
    [InlineData(NewlineLayout.NoToken, PoolingMode.Maximum, 2 * 4)]
    public void Other_layouts_run_on_made_up_weights(NewlineLayout newline, PoolingMode pooling, int rows)
    {
        var config = new LlavaOneVisionConfig
        {
            Text = new Qwen2Config
            {
                Width = 32,
                MlpWidth = 48,
                Layers = 2,
                Heads = 4,
                KeyValueHeads = 2,
                HeadWidth = 8,
                VocabularyRows = 64,
                NormEpsilon = 1e-6f,
                RopeBase = 1e6,
                MaximumLength = 512,
                TiedHead = false,
            },
            Vision = new SiglipConfig
            {
                Width = 24,
                MlpWidth = 40,
                Layers = 3,
                Heads = 2,
                ImageSide = 43,
                PatchSide = 8,
                NormEpsilon = 1e-6f,
            },
            VideoTokenId = LlavaOneVisionConfig.NoPlaceholderId,
            ImageTokenId = LlavaOneVisionConfig.NoPlaceholderId,
            FeatureLayers = [-2, 0],
            Newline = newline,
            Pooling = pooling,
        };
        var pixels = new PixelSettings { Height = 43, Width = 43 };
        using var model = new LlavaOneVision(config, pixels, new RandomWeights(WeightType.BF16, 3), _compute);
        using IVideoEncoding encoding = model.StartVideo([]);
        float[] frame = [.. Enumerable.Range(0, 3 * 43 * 43).Select(i => MathF.Sin(i))];
        encoding.Add(frame);
        encoding.Add(frame);
        PromptRows prompt = model.Splice([1, model.VideoTokenId, 2], encoding.Complete(), null, PositionRule.Original);
        Assert.Equal(rows, prompt.VisualCount);
        using DecoderSession session = model.StartSession();
        Assert.All(session.Prefill(prompt).ToArray(), value => Assert.True(float.IsFinite(value)));
    }
}
