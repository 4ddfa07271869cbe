namespace Winnow.Numerics;

/// <summary>How the elements of a <see cref="WeightMatrix"/> lie in memory.</summary>
public enum WeightType
{
    /// <summary>IEEE 754 binary32, 4 bytes.</summary>
    F32,

    /// <summary>IEEE 754 binary16, 2 bytes.</summary>
    F16,

    /// <summary>bfloat16: the upper half of a binary32, 2 bytes.</summary>
    BF16,

    /// <summary>Signed 8-bit steps in [-127, 127] with one f32 scale per group of inputs.</summary>
    Int8,
}
