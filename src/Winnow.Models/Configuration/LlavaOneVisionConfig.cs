namespace Winnow.Models.Configuration;

/// <summary>
/// What <c>config.json</c> of a LLaVA-OneVision or LLaVA-Video folder says, in Hugging Face's nested form or in the original flat form.
/// </summary>
public sealed record LlavaOneVisionConfig
{
    /// <summary>
    /// Placeholder id of a video where the folder's tokenizer has none: the original code splices between pieces of text.
    /// </summary>
    public const int NoPlaceholderId = -200;

    private const string FileName = "config.json";

    /// <summary>The decoder.</summary>
    public required Qwen2Config Text { get; init; }

    /// <summary>The vision tower.</summary>
    public required SiglipConfig Vision { get; init; }

    /// <summary>Id that stands for a video in a prompt.</summary>
    public required int VideoTokenId { get; init; }

    /// <summary>Id that stands for an image in a prompt.</summary>
    public required int ImageTokenId { get; init; }

    /// <summary>
    /// Whether the config says, at its top or for the decoder, that the head is the embedding matrix. Only the decoder's flag decides.
    /// </summary>
    public bool MentionsTiedHead { get; init; }

    /// <summary>Whether the projector's linears have biases.</summary>
    public bool ProjectorBias { get; init; } = true;

    /// <summary>
    /// Which states of the tower go to the projector, side by side: 0 is the embeddings, k the output of block k - 1, negative counts from
    /// the end (-1 = last block).
    /// </summary>
    public IReadOnlyList<int> FeatureLayers { get; init; } = [-1];

    /// <summary>How the token grid is made smaller.</summary>
    public PoolingMode Pooling { get; init; } = PoolingMode.Bilinear;

    /// <summary>Where the newline vector stands.</summary>
    public NewlineLayout Newline { get; init; } = NewlineLayout.OneToken;

    /// <summary>Whether the prompt tells times and number of the frames (LLaVA-Video's <c>add_time_instruction</c>).</summary>
    public bool TimeInstruction { get; init; }

    /// <summary>Reads <c>config.json</c> of a folder.</summary>
    /// <exception cref="WinnowException">
    /// The file is missing, contradicts itself, or asks for something that Winnow does not do; the message names key and value.
    /// </exception>
    public static LlavaOneVisionConfig Load(string folder) => Read(ConfigObject.Read(Path.Combine(folder, FileName)));

    /// <summary>Reads the text of a <c>config.json</c>.</summary>
    /// <param name="json">The text, UTF-8.</param>
    /// <param name="origin">Where it comes from, for messages.</param>
    /// <inheritdoc cref="Load" path="/exception"/>
    public static LlavaOneVisionConfig Parse(ReadOnlyMemory<byte> json, string origin) => Read(ConfigObject.Parse(json, origin));

    private static LlavaOneVisionConfig Read(ConfigObject source) => source.Text("model_type") switch
    {
        "llava_onevision" => ReadNested(source),
        "llava" or "llava_qwen" => ReadFlat(source),
        { } type => throw source.Unsupported("model_type", type, "llava_onevision, llava_qwen, llava"),
        null => throw source.Wrong("there is no model_type; give a LLaVA-OneVision folder."),
    };

    private static LlavaOneVisionConfig ReadNested(ConfigObject source)
    {
        if (source.Text("projector_hidden_act") is { } activation and not "gelu")
            throw source.Unsupported("projector_hidden_act", activation, "gelu");
        if (source.Text("vision_feature_select_strategy") is { } strategy and not "full")
            throw source.Unsupported("vision_feature_select_strategy", strategy, "full (SigLIP has no class token to drop)");
        ConfigObject vision = source.Object("vision_config")
            ?? throw source.Wrong("there is no vision_config; a folder without it does not describe its tower.");
        ConfigObject text = source.Object("text_config") ?? ConfigObject.Empty($"{FileName}: text_config");
        if (text.Text("model_type") is { } type and not "qwen2")
            throw text.Unsupported("model_type", type, "qwen2");
        var tower = SiglipConfig.Read(vision);
        int[] featureLayers = source.Wholes("vision_feature_layer") ?? [-1];
        if (featureLayers.Length == 0 || featureLayers.Any(layer => layer > tower.Layers || layer < -tower.Layers - 1))
            throw source.Wrong(
                $"vision_feature_layer is [{string.Join(", ", featureLayers)}];"
                    + $" the tower has the states 0 to {tower.Layers}, or from -1 at the end.");
        return new LlavaOneVisionConfig
        {
            Text = WithEndIds(Qwen2Config.Read(text), source),
            Vision = tower,
            VideoTokenId = source.Whole("video_token_index", "video_token_id") ?? 151647,
            ImageTokenId = source.Whole("image_token_index", "image_token_id") ?? 151646,
            MentionsTiedHead = source.Flag("tie_word_embeddings") == true || text.Flag("tie_word_embeddings") == true,
            ProjectorBias = source.Flag("multimodal_projector_bias") ?? true,
            FeatureLayers = featureLayers,
        };
    }

    // mm_vision_select_layer is not read: the original tower drops its 27th layer and returns the last that remains, whatever the key says.
    private static LlavaOneVisionConfig ReadFlat(ConfigObject source)
    {
        if (source.Text("mm_projector_type") is { } projector and not "mlp2x_gelu")
            throw source.Unsupported("mm_projector_type", projector, "mlp2x_gelu");
        if (source.Text("mm_vision_tower") is not { } tower || !tower.Contains("siglip-so400m-patch14-384", StringComparison.Ordinal))
            throw source.Unsupported("mm_vision_tower", source.Text("mm_vision_tower") ?? "missing", "google/siglip-so400m-patch14-384");
        var text = Qwen2Config.Read(source);
        int longest = Math.Min(text.MaximumLength, source.Size("tokenizer_model_max_length", text.MaximumLength));
        return new LlavaOneVisionConfig
        {
            Text = text with { MaximumLength = longest },
            Vision = SiglipConfig.So400m,
            VideoTokenId = NoPlaceholderId,
            ImageTokenId = NoPlaceholderId,
            MentionsTiedHead = text.TiedHead,
            Pooling = ReadPooling(source),
            Newline = ReadNewline(source),
            TimeInstruction = source.Flag("add_time_instruction") ?? false,
        };
    }

    private static PoolingMode ReadPooling(ConfigObject source) => source.Text("mm_spatial_pool_mode") switch
    {
        null or "bilinear" => PoolingMode.Bilinear,
        "average" => PoolingMode.Average,
        "max" => PoolingMode.Maximum,
        { } mode => throw source.Unsupported("mm_spatial_pool_mode", mode, "bilinear, average, max"),
    };

    private static NewlineLayout ReadNewline(ConfigObject source)
    {
        bool unpad = source.Text("mm_patch_merge_type")?.Contains("unpad", StringComparison.Ordinal) ?? false;
        return source.Text("mm_newline_position") switch
        {
            null or "one_token" => unpad ? NewlineLayout.OneToken : NewlineLayout.NoToken,
            "grid" => NewlineLayout.Grid,
            "frame" => NewlineLayout.Frame,
            "no_token" => NewlineLayout.NoToken,
            { } position => throw source.Unsupported("mm_newline_position", position, "one_token, grid, frame, no_token"),
        };
    }

    private static Qwen2Config WithEndIds(Qwen2Config text, ConfigObject source) =>
        text.EndIds.Count > 0 ? text : text with { EndIds = source.Wholes("eos_token_id") ?? [] };
}
