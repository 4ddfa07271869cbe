namespace Winnow.Numerics;

/// <summary>
/// Which instruction set the kernels use. Every path gives the same int8 integers and the same f32 values up to rounding.
/// </summary>
public enum KernelPath
{
    /// <summary>The best path that this processor has.</summary>
    Auto,

    /// <summary>512-bit vectors: needs AVX-512 F, BW and DQ.</summary>
    Avx512,

    /// <summary>256-bit vectors: needs AVX2 and FMA; int8 products use AVX-VNNI where the processor has it.</summary>
    Avx2,

    /// <summary><see cref="System.Numerics.Vector{T}"/> of whatever width the runtime offers; runs everywhere (ARM64 included).</summary>
    Portable,
}
