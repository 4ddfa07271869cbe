using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>Vectors copied for <see cref="InnerProducts"/>: padded with zeros to whole SIMD registers and to whole tiles of rows, so that
/// every product takes the same path.</summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
internal sealed class PackedRows<T> : IDisposable where T : unmanaged, INumberBase<T>
{
    /// <summary>Rows of a tile.</summary>
    public const int Tile = 4;

    /// <summary>Whether a SIMD register holds 512 bits; else as many as <see cref="Vector{T}"/>.</summary>
    public static readonly bool Wide = Vector512.IsHardwareAccelerated;

    private AlignedBuffer? _values;

    /// <summary>Copies and converts vectors.</summary>
    /// <param name="source">Vectors.</param>
    /// <param name="chosen">Which, or null for all.</param>
    public PackedRows(TokenMatrix source, int[]? chosen = null)
    {
        Count = chosen?.Length ?? source.Count;
        int lanes = Wide ? Vector512<T>.Count : Vector<T>.Count;
        Stride = (source.Dimension + lanes - 1) / lanes * lanes;
        int whole = (Count + Tile - 1) / Tile * Tile;
        _values = ScratchMemory.Rent((long)whole * Stride * Unsafe.SizeOf<T>());
        Span<T> values = _values.AsSpan<T>();
        values[(Count * Stride)..(whole * Stride)].Clear();
        for (int row = 0; row < Count; row++)
        {
            Span<T> target = values.Slice(row * Stride, Stride);
            TensorPrimitives.ConvertTruncating(source[chosen is null ? row : chosen[row]], target[..source.Dimension]);
            target[source.Dimension..].Clear();
        }
    }

    /// <summary>Number of vectors.</summary>
    public int Count { get; }

    /// <summary>Values from one vector to the next.</summary>
    public int Stride { get; }

    /// <summary>Values, <see cref="Stride"/> a vector, a whole number of tiles.</summary>
    public ReadOnlySpan<T> Values => (_values ?? throw new ObjectDisposedException(nameof(PackedRows<>))).AsSpan<T>();

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _values, null) is { } values)
            ScratchMemory.Return(values);
    }
}
