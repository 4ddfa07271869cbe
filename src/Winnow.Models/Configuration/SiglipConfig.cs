namespace Winnow.Models.Configuration;

/// <summary>Sizes of a SigLIP vision tower.</summary>
public sealed record SiglipConfig
{
    /// <summary>Width of a token (C).</summary>
    public required int Width { get; init; }

    /// <summary>Inner width of a block's MLP.</summary>
    public required int MlpWidth { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Attention heads; the width is a multiple of them.</summary>
    public required int Heads { get; init; }

    /// <summary>Side of the square input picture, in pixels.</summary>
    public required int ImageSide { get; init; }

    /// <summary>Side of a patch, in pixels; pixels right of and below the last whole patch are not read.</summary>
    public required int PatchSide { get; init; }

    /// <summary>Epsilon of the layer norms.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>Width of one head.</summary>
    public int HeadWidth => Width / Heads;

    /// <summary>Patches along one side of the picture (g).</summary>
    public int GridSide => ImageSide / PatchSide;

    /// <summary>Tokens of one frame (g * g).</summary>
    public int Tokens => GridSide * GridSide;

    /// <summary>
    /// The tower of <c>google/siglip-so400m-patch14-384</c> without its 27th layer, as every published LLaVA-OneVision has it.
    /// </summary>
    public static SiglipConfig So400m { get; } = new()
    {
        Width = 1152,
        MlpWidth = 4304,
        Layers = 26,
        Heads = 16,
        ImageSide = 384,
        PatchSide = 14,
        NormEpsilon = 1e-6f,
    };

    /// <summary>Reads <c>config.json</c> of a folder that holds a SigLIP tower alone, or a whole SigLIP model.</summary>
    /// <exception cref="WinnowException">
    /// The file is missing, contradicts itself, or asks for something that Winnow does not do.
    /// </exception>
    public static SiglipConfig Load(string folder)
    {
        var source = ConfigObject.Read(Path.Combine(folder, "config.json"));
        return Read(source.Object("vision_config") ?? source);
    }

    /// <summary>Reads the <c>vision_config</c> object, or the config of a SigLIP checkpoint; missing keys are the class defaults.</summary>
    internal static SiglipConfig Read(ConfigObject source)
    {
        if (source.Text("model_type") is { } type and not "siglip_vision_model")
            throw source.Unsupported("model_type", type, "siglip_vision_model");
        if (source.Text("hidden_act") is { } activation and not "gelu_pytorch_tanh")
            throw source.Unsupported("hidden_act", activation, "gelu_pytorch_tanh");
        if (source.Whole("num_channels") is { } channels and not 3)
            throw source.Unsupported("num_channels", channels, "3");
        var config = new SiglipConfig
        {
            Width = source.Size("hidden_size", 768),
            MlpWidth = source.Size("intermediate_size", 3072),
            Layers = source.Size("num_hidden_layers", 12),
            Heads = source.Size("num_attention_heads", 12),
            ImageSide = source.Size("image_size", 224),
            PatchSide = source.Size("patch_size", 16),
            NormEpsilon = (float)(source.Number("layer_norm_eps") ?? 1e-6),
        };
        if (config.Width % config.Heads != 0)
            throw source.Wrong($"hidden_size {config.Width} is no multiple of num_attention_heads {config.Heads}.");
        if (config.GridSide == 0)
            throw source.Wrong($"image_size {config.ImageSide} is smaller than patch_size {config.PatchSide}.");
        return config;
    }
}
