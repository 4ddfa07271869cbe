namespace Winnow.Models.Configuration;

/// <summary>Sizes of a Qwen2 decoder.</summary>
public sealed record Qwen2Config
{
    /// <summary>Width of a row (D).</summary>
    public required int Width { get; init; }

    /// <summary>Inner width of a layer's MLP.</summary>
    public required int MlpWidth { get; init; }

    /// <summary>Number of layers (L).</summary>
    public required int Layers { get; init; }

    /// <summary>Query heads (H).</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads (Kv); the query heads are a multiple of them.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Width of one head.</summary>
    public required int HeadWidth { get; init; }

    /// <summary>Rows of the embedding matrix (V); often more than the tokenizer has entries.</summary>
    public required int VocabularyRows { get; init; }

    /// <summary>Epsilon of the RMS norms.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>Base of the rotary angles (theta).</summary>
    public required double RopeBase { get; init; }

    /// <summary>Longest sequence that the model was made for.</summary>
    public required int MaximumLength { get; init; }

    /// <summary>Whether the file says that the head is the embedding matrix.</summary>
    public required bool TiedHead { get; init; }

    /// <summary>Ids that end an answer, as far as the model's config names them.</summary>
    public IReadOnlyList<int> EndIds { get; init; } = [];

    /// <summary>Reads the <c>text_config</c> object or a flat config; missing keys are the class defaults.</summary>
    internal static Qwen2Config Read(ConfigObject source)
    {
        RefuseUnsupported(source);
        int width = source.Size("hidden_size", 4096);
        int heads = source.Size("num_attention_heads", 32);
        ConfigObject? rope = source.Object("rope_parameters");
        var config = new Qwen2Config
        {
            Width = width,
            MlpWidth = source.Size("intermediate_size", 22016),
            Layers = source.Size("num_hidden_layers", 32),
            Heads = heads,
            KeyValueHeads = source.Size("num_key_value_heads", 32),
            HeadWidth = source.Size("head_dim", width / heads),
            VocabularyRows = source.Size("vocab_size", 151936),
            NormEpsilon = (float)(source.Number("rms_norm_eps") ?? 1e-6),
            RopeBase = rope?.Number("rope_theta") ?? source.Number("rope_theta") ?? 10000,
            MaximumLength = source.Size("max_position_embeddings", 32768),
            TiedHead = source.Flag("tie_word_embeddings") ?? false,
            EndIds = source.Wholes("eos_token_id") ?? [],
        };
        if (!source.Has("head_dim") && width % heads != 0)
            throw source.Wrong($"hidden_size {width} is no multiple of num_attention_heads {heads}.");
        if (config.Heads % config.KeyValueHeads != 0)
            throw source.Wrong($"num_attention_heads {heads} is no multiple of num_key_value_heads {config.KeyValueHeads}.");
        if (config.HeadWidth % 2 != 0)
            throw source.Wrong($"the width of a head is {config.HeadWidth}; rotary positions need an even one.");
        if (!(config.RopeBase > 1))
            throw source.Wrong($"rope_theta is {config.RopeBase}; it must be greater than 1.");
        return config;
    }

    private static void RefuseUnsupported(ConfigObject source)
    {
        if (source.Text("hidden_act") is { } activation and not "silu")
            throw source.Unsupported("hidden_act", activation, "silu");
        if (source.Flag("use_sliding_window") == true)
            throw source.Unsupported("use_sliding_window", "true", "false (every layer attends to the whole sequence)");
        if (source.Texts("layer_types")?.FirstOrDefault(type => type != "full_attention") is { } layer)
            throw source.Unsupported("layer_types", layer, "full_attention");
        foreach (string name in new[] { "rope_scaling", "rope_parameters" })
            if (source.Object(name) is { } rope && (rope.Text("rope_type") ?? rope.Text("type")) is { } kind and not "default")
                throw rope.Unsupported("rope_type", kind, "default (no scaling)");
    }
}
