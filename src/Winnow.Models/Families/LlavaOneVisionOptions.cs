using Winnow.Models.Configuration;

namespace Winnow.Models.Families;

/// <summary>How a LLaVA-OneVision folder is loaded.</summary>
public sealed record LlavaOneVisionOptions
{
    /// <summary>Whether matrices are rounded to int8 while loading: a quarter of float32's memory, and faster products.</summary>
    public bool Quantize { get; init; }

    /// <summary>Inputs that share one scale when quantising: a multiple of 4 from 16 to 1024.</summary>
    public int GroupSize { get; init; } = 128;

    /// <summary>
    /// A safetensors file with SigLIP's pooling head, such as that of <c>google/siglip-so400m-patch14-384</c>: gives
    /// <see cref="Reduction.Signal.PoolingAttention"/> and <see cref="Reduction.Signal.FrameEmbeddings"/>. Null for none.
    /// </summary>
    public string? PoolingHead { get; init; }

    /// <summary>
    /// Pooling of a frame's tokens; null for the folder's own. LLaVA-Video is evaluated with <see cref="PoolingMode.Average"/>.
    /// </summary>
    public PoolingMode? Pooling { get; init; }
}
