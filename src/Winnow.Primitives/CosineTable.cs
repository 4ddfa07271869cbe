using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>Cosines of all pairs of a video's tokens, in float32: n squared values of 4 bytes. A vector of zeros has cosine 0 with
/// everything.</summary>
/// <remarks>Norms come from the table's own diagonal, so that equal vectors have a cosine of 1 up to the last bits of float64.</remarks>
public sealed class CosineTable : IDisposable
{
    // A span's index is an int: n squared values, and what <see cref="Highest"/> adds.
    private const int LargestCount = 45980;

    private const int Strip = 1024;

    private AlignedBuffer? _products;
    private readonly float[] _inverse;
    private readonly ParallelFor? _parallel;
    private bool _highestAreKnown;

    /// <summary>Computes the products of all pairs.</summary>
    /// <param name="vectors"><c>[n, D]</c>.</param>
    /// <param name="parallel">How the work is spread over threads; null for none.</param>
    /// <exception cref="ArgumentException">There are more vectors than a table can hold.</exception>
    public CosineTable(TokenMatrix vectors, ParallelFor? parallel = null)
    {
        (Count, _parallel) = (vectors.Count, parallel);
        if (Count > LargestCount)
            throw new ArgumentException(
                $"{Count} tokens are too many to compare all pairs; at most {LargestCount} can be. Take fewer frames.", nameof(vectors));
        _products = ScratchMemory.Rent((long)Count * (Count + Blocks) * sizeof(float));
        InnerProducts.Between(vectors, vectors, _products.AsSpan<float>()[..(Count * Count)], parallel);
        _inverse = new float[Count];
        for (int i = 0; i < Count; i++)
            _inverse[i] = Product(i, i) is float square && square > 0 ? 1 / MathF.Sqrt(square) : 0;
    }

    /// <summary>Number of vectors, n.</summary>
    public int Count { get; }

    /// <summary>Inner product of two vectors.</summary>
    public float Product(int a, int b) => Products(a)[b];

    /// <summary><c>[n]</c>: inner products of a vector with all.</summary>
    public ReadOnlySpan<float> Products(int item) => Values.Slice(item * Count, Count);

    private Span<float> Values => (_products ?? throw new ObjectDisposedException(nameof(CosineTable))).AsSpan<float>();

    /// <summary>Gives the table's memory back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _products, null) is { } products)
            ScratchMemory.Return(products);
    }

    /// <summary>Vectors of a block of <see cref="Highest"/>.</summary>
    internal const int Block = Exceeding.Most;

    /// <summary>Number of blocks of <see cref="Highest"/>.</summary>
    internal int Blocks => (Count + Block - 1) / Block;

    /// <summary>One over a vector's length; 0 for a vector of zeros.</summary>
    internal float InverseNorm(int item) => _inverse[item];

    /// <summary>The largest cosine of a vector with those of each block, up to rounding: tells which blocks need not be looked at when few
    /// cosines are wanted. Of blocks before the vector's own the values are undefined. <see cref="FindHighest"/> must have run.</summary>
    internal ReadOnlySpan<float> Highest(int item) => Values.Slice(Count * Count + item * Blocks, Blocks);

    /// <summary>
    /// Prepares <see cref="Highest"/>, once: for those who sweep the table several times. Not for several threads at once.
    /// </summary>
    internal void FindHighest(ParallelFor? parallel)
    {
        if (_highestAreKnown)
            return;
        const int Rows = 64;
        parallel.Run((Count + Rows - 1) / Rows, piece =>
        {
            for (int i = piece * Rows; i < Math.Min(Count, (piece + 1) * Rows); i++)
            {
                ReadOnlySpan<float> products = Products(i);
                Span<float> row = Values.Slice(Count * Count + i * Blocks, Blocks);
                for (int b = i / Block; b < row.Length; b++)
                {
                    int start = b * Block, length = Math.Min(Block, Count - start);
                    row[b] = _inverse[i] * Exceeding.Highest(products.Slice(start, length), _inverse.AsSpan(start, length));
                }
            }
        });
        _highestAreKnown = true;
    }

    /// <summary>Inner products of a stretch of vectors with a weighted sum of some, in float64.</summary>
    /// <param name="members">The summed vectors.</param>
    /// <param name="weights">One weight for each member, or empty for the plain sum.</param>
    /// <param name="first">First vector of the stretch.</param>
    /// <param name="destination">One value for each vector of the stretch.</param>
    public void Sum(ReadOnlySpan<int> members, ReadOnlySpan<double> weights, int first, Span<double> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + destination.Length, Count, nameof(destination));
        foreach (int member in members)
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)member, (uint)Count, nameof(members));
        int chunk = 4 * Vector<float>.Count, start = 0;
        ref float table = ref MemoryMarshal.GetReference(Products(0));
        for (; start <= destination.Length - chunk; start += chunk)
            SumChunk(ref Unsafe.Add(ref table, first + start), members, weights, ref destination[start]);
        destination[start..].Clear();
        for (int i = 0; i < members.Length; i++)
        {
            ReadOnlySpan<float> rest = Products(members[i]).Slice(first + start, destination.Length - start);
            for (int j = 0; j < rest.Length; j++)
                destination[start + j] += rest[j] * (weights.IsEmpty ? 1 : weights[i]);
        }
    }

    /// <summary>Four registers' worth of columns: their sums stay in registers, whatever the number of members.</summary>
    private void SumChunk(ref float column, ReadOnlySpan<int> members, ReadOnlySpan<double> weights, ref double destination)
    {
        int floats = Vector<float>.Count, doubles = Vector<double>.Count;
        Vector<double> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        for (int i = 0; i < members.Length; i++)
        {
            ref float row = ref Unsafe.Add(ref column, (nint)members[i] * Count);
            var weight = new Vector<double>(weights.IsEmpty ? 1 : weights[i]);
            (a0, a1) = AddScaled(Vector.LoadUnsafe(ref row), weight, a0, a1);
            (a2, a3) = AddScaled(Vector.LoadUnsafe(ref row, (nuint)floats), weight, a2, a3);
            (a4, a5) = AddScaled(Vector.LoadUnsafe(ref row, (nuint)(2 * floats)), weight, a4, a5);
            (a6, a7) = AddScaled(Vector.LoadUnsafe(ref row, (nuint)(3 * floats)), weight, a6, a7);
        }
        a0.StoreUnsafe(ref destination);
        a1.StoreUnsafe(ref destination, (nuint)doubles);
        a2.StoreUnsafe(ref destination, (nuint)(2 * doubles));
        a3.StoreUnsafe(ref destination, (nuint)(3 * doubles));
        a4.StoreUnsafe(ref destination, (nuint)(4 * doubles));
        a5.StoreUnsafe(ref destination, (nuint)(5 * doubles));
        a6.StoreUnsafe(ref destination, (nuint)(6 * doubles));
        a7.StoreUnsafe(ref destination, (nuint)(7 * doubles));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector<double> Low, Vector<double> High) AddScaled(
        Vector<float> values, Vector<double> weight, Vector<double> low, Vector<double> high)
    {
        Vector.Widen(values, out Vector<double> lower, out Vector<double> upper);
        return (lower * weight + low, upper * weight + high);
    }

    /// <summary>Inner products of a stretch of vectors with the plain sum of some, added up in float64 and rounded to float32.</summary>
    /// <param name="members">The summed vectors.</param>
    /// <param name="first">First vector of the stretch.</param>
    /// <param name="destination">One value for each vector of the stretch.</param>
    public void Sum(ReadOnlySpan<int> members, int first, Span<float> destination)
    {
        Span<double> sum = stackalloc double[Strip];
        for (int start = 0; start < destination.Length; start += Strip)
        {
            Span<float> strip = destination.Slice(start, Math.Min(Strip, destination.Length - start));
            Sum(members, [], first + start, sum[..strip.Length]);
            TensorPrimitives.ConvertTruncating<double, float>(sum[..strip.Length], strip);
        }
    }

    /// <summary><c>[n]</c>: cosines of a vector with all.</summary>
    public void Similarities(int item, Span<double> destination)
    {
        Distances(item, destination);
        TensorPrimitives.Negate<double>(destination, destination);
        TensorPrimitives.Add(destination, 1, destination);
    }

    /// <summary><c>[n]</c>: 1 - cosine between a vector and all.</summary>
    public void Distances(int item, Span<double> destination)
    {
        Span<float> row = Count <= 8192 ? stackalloc float[Count] : new float[Count];
        Distances(item, row);
        TensorPrimitives.ConvertTruncating<float, double>(row, destination);
    }

    /// <summary><c>[n]</c>: distance, 1 - cosine, of every vector to its nearest other; 0 where there is no other.</summary>
    public double[] NearestDistances()
    {
        double[] nearest = new double[Count];
        if (Count == 1)
            return nearest;
        const int Rows = 64;
        _parallel.Run((Count + Rows - 1) / Rows, piece =>
        {
            float[] cosines = new float[Count];
            for (int i = piece * Rows; i < Math.Min(Count, (piece + 1) * Rows); i++)
            {
                TensorPrimitives.Multiply(_inverse, _inverse[i], cosines);
                TensorPrimitives.Multiply(cosines, Products(i), cosines);
                cosines[i] = float.NegativeInfinity;
                nearest[i] = 1 - TensorPrimitives.Max<float>(cosines);
            }
        });
        return nearest;
    }

    private void Distances(int item, Span<float> destination)
    {
        // The factors first: what two vectors are to each other is then the same from both sides, to the last bit.
        TensorPrimitives.Multiply(_inverse, -_inverse[item], destination);
        TensorPrimitives.Multiply(destination, Products(item), destination);
        TensorPrimitives.Add(destination, 1, destination);
    }
}
