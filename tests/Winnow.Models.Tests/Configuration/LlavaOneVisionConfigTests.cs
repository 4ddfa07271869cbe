using Winnow.Models.Configuration;
using Winnow.Models.Tests.Weights;
using Winnow.Tests;

namespace Winnow.Models.Tests.Configuration;

public sealed class LlavaOneVisionConfigTests : IDisposable
{
    private const string Vision =
        "\"vision_config\": {\"hidden_size\": 64, \"num_attention_heads\": 4, \"image_size\": 48, \"patch_size\": 8}";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Published_shape_of_the_small_model_is_read()
    {
        var config = LlavaOneVisionConfig.Load(Repository.Path("tests/goldens/models/real-shapes/llava-onevision-qwen2-0.5b-ov"));
        Assert.Equal((896, 4864, 24, 14, 2, 64, 152000), Sizes(config.Text));
        Assert.Equal(1_000_000, config.Text.RopeBase);
        Assert.True(config.Text.TiedHead);
        Assert.Equal(config.Vision, SiglipConfig.So400m);
        Assert.Equal((151646, 151647), (config.ImageTokenId, config.VideoTokenId));
        Assert.Equal((27, 729, 72), (config.Vision.GridSide, config.Vision.Tokens, config.Vision.HeadWidth));
    }

    [Fact]
    public void Missing_keys_are_the_class_defaults()
    {
        LlavaOneVisionConfig config = Load("""{"model_type": "llava_onevision", "text_config": {}, "vision_config": {}}""");
        Assert.Equal((4096, 22016, 32, 32, 32, 128, 151936), Sizes(config.Text));
        Assert.Equal(10000, config.Text.RopeBase);
        Assert.Equal(1e-6f, config.Text.NormEpsilon);
        Assert.False(config.Text.TiedHead);
        SiglipConfig vision = config.Vision;
        Assert.Equal((768, 3072, 12, 12), (vision.Width, vision.MlpWidth, vision.Layers, vision.Heads));
        Assert.Equal((224, 16), (vision.ImageSide, vision.PatchSide));
        Assert.Equal((151646, 151647), (config.ImageTokenId, config.VideoTokenId));
        Assert.True(config.ProjectorBias);
        Assert.Equal([-1], config.FeatureLayers);
        Assert.Equal((PoolingMode.Bilinear, NewlineLayout.OneToken), (config.Pooling, config.Newline));
    }

    [Fact]
    public void Aliases_are_read_where_they_stand()
    {
        LlavaOneVisionConfig config = Load($$"""
            {"model_type": "llava_onevision", "video_token_id": 7, "image_token_id": 6,
             "vision_feature_layer": [-2, 3], "multimodal_projector_bias": false, "eos_token_id": [1, 2],
             "text_config": {"rope_parameters": {"rope_theta": 5000.0, "rope_type": "default"}, "rope_theta": 1.5, "head_dim": 64},
             {{Vision}}}
            """);
        Assert.Equal((6, 7), (config.ImageTokenId, config.VideoTokenId));
        Assert.Equal([-2, 3], config.FeatureLayers);
        Assert.False(config.ProjectorBias);
        Assert.Equal([1, 2], config.Text.EndIds);
        Assert.Equal((5000.0, 64), (config.Text.RopeBase, config.Text.HeadWidth));
    }

    [Theory]
    [InlineData("""{"model_type": "llava_onevision", "text_config": {}}""", "vision_config")]
    [InlineData("""{"model_type": "llava_next", "vision_config": {}}""", "llava_next")]
    [InlineData("""{"vision_config": {}}""", "no model_type")]
    [InlineData("""{"model_type": "llava_onevision", "vision_config": {"hidden_act": "relu"}}""", "hidden_act is relu")]
    [InlineData("""{"model_type": "llava_onevision", "vision_config": {"hidden_size": 100, "num_attention_heads": 16}}""",
        "no multiple of num_attention_heads 16")]
    [InlineData("""{"model_type": "llava_onevision", "vision_config": {"num_hidden_layers": 0}}""", "num_hidden_layers is 0")]
    [InlineData("""{"model_type": "llava_onevision", "vision_config": {}, "vision_feature_select_strategy": "default"}""",
        "vision_feature_select_strategy is default")]
    [InlineData("""{"model_type": "llava_onevision", "vision_config": {}, "projector_hidden_act": "silu"}""",
        "projector_hidden_act is silu")]
    [InlineData("""{"model_type": "llava_onevision", "vision_config": {}, "text_config": {"model_type": "llama"}}""", "llama")]
    [InlineData("""{"model_type": "llava_onevision", "vision_config": {}, "text_config": {"use_sliding_window": true}}""",
        "use_sliding_window")]
    [InlineData(
        """{"model_type": "llava_onevision", "vision_config": {}, "text_config": {"rope_scaling": {"type": "yarn", "factor": 4.0}}}""",
        "yarn")]
    [InlineData("""{"model_type": "llava_onevision", "vision_config": {}, "text_config": {"num_key_value_heads": 5}}""",
        "num_key_value_heads 5")]
    [InlineData("""{"model_type": "llava_onevision", "vision_config": {}, "text_config": {"hidden_size": "big"}}""",
        "hidden_size is \"big\"")]
    [InlineData("""{"model_type": "llava_onevision", "vision_config": {}, "vision_feature_layer": [-1, 13]}""", "[-1, 13]")]
    [InlineData("""{"model_type": """, "no JSON")]
    public void What_is_not_supported_is_refused_by_key_and_value(string json, string expected)
    {
        var error = Assert.Throws<WinnowException>(() => Load(json));
        Assert.Contains(expected, error.Message);
        Assert.Contains("config.json", error.Message);
    }

    [Theory]
    [InlineData("", NewlineLayout.OneToken, PoolingMode.Bilinear)]
    [InlineData(", \"mm_newline_position\": \"grid\", \"mm_spatial_pool_mode\": \"average\"", NewlineLayout.Grid, PoolingMode.Average)]
    [InlineData(", \"mm_newline_position\": \"frame\", \"mm_spatial_pool_mode\": \"max\"", NewlineLayout.Frame, PoolingMode.Maximum)]
    [InlineData(", \"mm_newline_position\": \"no_token\"", NewlineLayout.NoToken, PoolingMode.Bilinear)]
    public void Flat_config_of_the_original_code_is_read(string extra, NewlineLayout newline, PoolingMode pooling)
    {
        LlavaOneVisionConfig config = Load($$"""
            {"model_type": "llava_qwen", "hidden_size": 896, "num_attention_heads": 14, "num_key_value_heads": 2,
             "num_hidden_layers": 24, "intermediate_size": 4864, "vocab_size": 151936, "rope_theta": 1000000.0,
             "tie_word_embeddings": true, "tokenizer_model_max_length": 16384, "mm_vision_select_layer": -2,
             "mm_projector_type": "mlp2x_gelu", "mm_patch_merge_type": "spatial_unpad",
             "mm_vision_tower": "google/siglip-so400m-patch14-384"{{extra}}}
            """);
        Assert.Equal(SiglipConfig.So400m, config.Vision);
        Assert.Equal([-1], config.FeatureLayers);
        Assert.Equal((newline, pooling), (config.Newline, config.Pooling));
        Assert.Equal((16384, 151936), (config.Text.MaximumLength, config.Text.VocabularyRows));
        Assert.Equal(LlavaOneVisionConfig.NoPlaceholderId, config.VideoTokenId);
    }

    [Fact]
    public void Flat_config_with_another_tower_is_refused() =>
        Assert.Contains("clip-vit", Assert.Throws<WinnowException>(
            () => Load("""{"model_type": "llava_qwen", "mm_vision_tower": "openai/clip-vit-large"}""")).Message);

    private static (int, int, int, int, int, int, int) Sizes(Qwen2Config text) =>
        (text.Width, text.MlpWidth, text.Layers, text.Heads, text.KeyValueHeads, text.HeadWidth, text.VocabularyRows);

    private LlavaOneVisionConfig Load(string json)
    {
        File.WriteAllText(_folder.File("config.json"), json);
        return LlavaOneVisionConfig.Load(_folder.Path);
    }
}
