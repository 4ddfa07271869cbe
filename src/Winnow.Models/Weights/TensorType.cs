namespace Winnow.Models.Weights;

/// <summary>How the values of a stored tensor are encoded, little-endian.</summary>
public enum TensorType
{
    /// <summary>64-bit IEEE floating point.</summary>
    F64,

    /// <summary>32-bit IEEE floating point.</summary>
    F32,

    /// <summary>16-bit IEEE floating point.</summary>
    F16,

    /// <summary>The upper half of a 32-bit IEEE number.</summary>
    BF16,

    /// <summary>64-bit signed integer.</summary>
    I64,

    /// <summary>32-bit signed integer.</summary>
    I32,

    /// <summary>8-bit signed integer.</summary>
    I8,

    /// <summary>8-bit unsigned integer.</summary>
    U8,

    /// <summary>One byte, 0 or 1.</summary>
    Bool,
}
