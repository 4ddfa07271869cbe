using Winnow.Numerics;

namespace Winnow.Engine;

/// <summary>How a model is loaded and run.</summary>
public sealed record EngineOptions
{
    /// <summary>Threads that compute, the caller's included; 0 = one per processor.</summary>
    public int Threads { get; init; }

    /// <summary>Instruction set of the kernels; <see cref="KernelPath.Auto"/> takes the best that the processor has.</summary>
    public KernelPath Path { get; init; }

    /// <summary>Whether weights are rounded to int8 while loading: less memory, faster products, a small loss.</summary>
    public bool Quantize { get; init; }

    /// <summary>Whether the KV cache is kept in 16 bits: half the memory, a rounding to 11 bits.</summary>
    public bool HalfCache { get; init; }

    /// <summary>A safetensors file with SigLIP's pooling head, for methods that ask for its attention; null for none.</summary>
    public string? PoolingHead { get; init; }

    /// <summary>The chat template's family by name where the folder's own is not recognised; null for the folder's own.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>The ffmpeg program.</summary>
    public string Ffmpeg { get; init; } = "ffmpeg";

    /// <summary>The ffprobe program.</summary>
    public string Ffprobe { get; init; } = "ffprobe";
}
