namespace Winnow.Models.Weights;

/// <summary>One tensor of a safetensors file.</summary>
public sealed class TensorEntry
{
    internal TensorEntry(string name, TensorType type, int[] shape, long offset, long byteCount)
    {
        (Name, Type, Shape, Offset, ByteCount) = (name, type, shape, offset, byteCount);
        Count = byteCount / SizeOf(type);
    }

    /// <summary>Name in the file.</summary>
    public string Name { get; }

    /// <summary>Encoding of the values.</summary>
    public TensorType Type { get; }

    /// <summary>Sides, slowest first; empty for a single value.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>Number of values: the product of the sides.</summary>
    public long Count { get; }

    /// <summary>Bytes of the values.</summary>
    public long ByteCount { get; }

    /// <summary>Where the values start, in bytes from the start of the file.</summary>
    internal long Offset { get; }

    /// <summary>Bytes of one value.</summary>
    internal static int SizeOf(TensorType type) => type switch
    {
        TensorType.F64 or TensorType.I64 => 8,
        TensorType.F32 or TensorType.I32 => 4,
        TensorType.F16 or TensorType.BF16 => 2,
        _ => 1,
    };

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Type} [{string.Join(", ", Shape)}]";
}
