using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>Vectors copied for <see cref="InnerProducts"/>: in panels whose values lie side by side, <c>[panel][D][vectors]</c>, the last
/// one filled up with zeros, so that every product takes the same path.</summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
internal sealed unsafe class PackedRows<T> : IDisposable where T : unmanaged, INumberBase<T>
{
    /// <summary>Whether a SIMD register holds 512 bits; else as many as <see cref="Vector{T}"/>.</summary>
    public static readonly bool Wide = Vector512.IsHardwareAccelerated;

    /// <summary>Vectors of a panel: one value of each fills two registers.</summary>
    public static readonly int Panel = 2 * (Wide ? Vector512<T>.Count : Vector<T>.Count);

    // Values of a vector that are copied in one go: the panel's part that they are strewn over stays in the first-level cache.
    private const int Strip = 64;

    private AlignedBuffer? _values;

    /// <summary>Copies and converts vectors.</summary>
    /// <param name="source">Vectors.</param>
    /// <param name="chosen">Which, or null for all.</param>
    /// <param name="parallel">How the work is spread over threads; null for none.</param>
    public PackedRows(TokenMatrix source, int[]? chosen = null, ParallelFor? parallel = null)
    {
        (Count, Dimension) = (chosen?.Length ?? source.Count, source.Dimension);
        int panels = (Count + Panel - 1) / Panel;
        AlignedBuffer values = ScratchMemory.Rent((long)panels * Panel * Dimension * Unsafe.SizeOf<T>());
        _values = values;
        parallel.Run(panels, panel =>
        {
            T* strip = stackalloc T[Strip];
            for (int i = 0; i < Panel; i++)
            {
                int row = panel * Panel + i;
                T* target = (T*)values.Pointer + (long)panel * Panel * Dimension + i;
                for (int start = 0; start < Dimension; start += Strip)
                {
                    int length = Math.Min(Strip, Dimension - start);
                    var taken = new Span<T>(strip, length);
                    if (row < Count)
                        TensorPrimitives.ConvertTruncating(source[chosen is null ? row : chosen[row]].Slice(start, length), taken);
                    else
                        taken.Clear();
                    for (int k = 0; k < length; k++, target += Panel)
                        *target = strip[k];
                }
            }
        });
    }

    /// <summary>Number of vectors.</summary>
    public int Count { get; }

    /// <summary>Length of a vector.</summary>
    public int Dimension { get; }

    /// <summary>All values, a whole number of panels; valid until the memory is given back.</summary>
    public T* Values => (T*)(_values ?? throw new ObjectDisposedException(nameof(PackedRows<>))).Pointer;

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _values, null) is { } values)
            ScratchMemory.Return(values);
    }
}
