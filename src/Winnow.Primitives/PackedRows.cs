using System.Numerics;
using System.Numerics.Tensors;
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

    private readonly AlignedBuffer _values;

    /// <summary>Copies and converts vectors.</summary>
    public PackedRows(TokenMatrix source)
    {
        Count = source.Count;
        int lanes = Vector<T>.Count;
        Stride = (source.Dimension + lanes - 1) / lanes * lanes;
        int whole = (Count + Tile - 1) / Tile * Tile;
        _values = new AlignedBuffer((long)whole * Stride * Vector<byte>.Count / lanes);
        Span<T> values = _values.AsSpan<T>();
        values[(Count * Stride)..].Clear();
        for (int row = 0; row < Count; row++)
        {
            Span<T> target = values.Slice(row * Stride, Stride);
            TensorPrimitives.ConvertTruncating(source[row], target[..source.Dimension]);
            target[source.Dimension..].Clear();
        }
    }

    /// <summary>Number of vectors.</summary>
    public int Count { get; }

    /// <summary>Values from one vector to the next.</summary>
    public int Stride { get; }

    /// <summary>Values, <see cref="Stride"/> a vector, a whole number of tiles.</summary>
    public ReadOnlySpan<T> Values => _values.AsSpan<T>();

    /// <summary>Frees the memory.</summary>
    public void Dispose() => _values.Dispose();
}
