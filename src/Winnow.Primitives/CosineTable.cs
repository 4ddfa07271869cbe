using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>Cosines of all pairs of a video's tokens, in float32: n squared values of 4 bytes. A vector of zeros has cosine 0 with
/// everything.</summary>
/// <remarks>Norms come from the table's own diagonal, so that equal vectors have a cosine of 1 up to the last bits of float64.</remarks>
public sealed class CosineTable : IDisposable
{
    // A span's index is an int.
    private const int LargestCount = 46340;

    private const int Strip = 1024;

    private AlignedBuffer? _products;
    private AlignedBuffer? _highest;
    private readonly float[] _inverse;
    private readonly ParallelFor? _parallel;

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
        _products = ScratchMemory.Rent((long)Count * Count * sizeof(float));
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
    public ReadOnlySpan<float> Products(int item) =>
        (_products ?? throw new ObjectDisposedException(nameof(CosineTable))).AsSpan<float>().Slice(item * Count, Count);

    /// <summary>Gives the table's memory back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _products, null) is { } products)
            ScratchMemory.Return(products);
        if (Interlocked.Exchange(ref _highest, null) is { } highest)
            ScratchMemory.Return(highest);
    }

    /// <summary>Vectors of a block of <see cref="Highest"/>.</summary>
    internal const int Block = 64;

    /// <summary>The largest cosine of a vector with those of each block, up to rounding: tells which blocks need not be looked at when few
    /// cosines are wanted. Of blocks before the vector's own the values are undefined. <see cref="FindHighest"/> must have run.</summary>
    internal ReadOnlySpan<float> Highest(int item)
    {
        int blocks = (Count + Block - 1) / Block;
        return (_highest ?? throw new ObjectDisposedException(nameof(CosineTable))).AsSpan<float>().Slice(item * blocks, blocks);
    }

    /// <summary>
    /// Prepares <see cref="Highest"/>, once: for those who sweep the table several times. Not for several threads at once.
    /// </summary>
    internal void FindHighest(ParallelFor? parallel)
    {
        if (_highest is not null)
            return;
        const int Rows = 64;
        int blocks = (Count + Block - 1) / Block, pieces = (Count + Rows - 1) / Rows;
        AlignedBuffer highest = ScratchMemory.Rent((long)Count * blocks * sizeof(float));
        parallel.Run(pieces, number =>
        {
            for (int i = number * Rows; i < Math.Min(Count, (number + 1) * Rows); i++)
            {
                Span<float> row = highest.AsSpan<float>().Slice(i * blocks, blocks);
                for (int b = i / Block; b < blocks; b++)
                {
                    int start = b * Block, length = Math.Min(Block, Count - start);
                    row[b] = _inverse[i] * Exceeding.Highest(Products(i).Slice(start, length), _inverse.AsSpan(start, length));
                }
            }
        });
        _highest = highest;
    }

    /// <summary>Inner products of a stretch of vectors with a weighted sum of some, in float64.</summary>
    /// <param name="members">The summed vectors.</param>
    /// <param name="weights">One weight for each member, or empty for the plain sum.</param>
    /// <param name="first">First vector of the stretch.</param>
    /// <param name="destination">One value for each vector of the stretch.</param>
    public void Sum(ReadOnlySpan<int> members, ReadOnlySpan<double> weights, int first, Span<double> destination)
    {
        // A strip of the sum and of each row at a time: the sum stays in the first-level cache, whatever the number of members.
        destination.Clear();
        for (int start = 0; start < destination.Length; start += Strip)
        {
            Span<double> sum = destination.Slice(start, Math.Min(Strip, destination.Length - start));
            for (int i = 0; i < members.Length; i++)
                AddScaled(Products(members[i]).Slice(first + start, sum.Length), weights.IsEmpty ? 1 : weights[i], sum);
        }
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

    private static void AddScaled(ReadOnlySpan<float> values, double weight, Span<double> sum)
    {
        var weights = new Vector<double>(weight);
        int i = 0;
        ref float value = ref MemoryMarshal.GetReference(values);
        ref double target = ref MemoryMarshal.GetReference(sum[..values.Length]);
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(Vector.LoadUnsafe(ref value, (nuint)i), out Vector<double> low, out Vector<double> high);
            (nuint lower, nuint upper) = ((nuint)i, (nuint)(i + Vector<double>.Count));
            (low * weights + Vector.LoadUnsafe(ref target, lower)).StoreUnsafe(ref target, lower);
            (high * weights + Vector.LoadUnsafe(ref target, upper)).StoreUnsafe(ref target, upper);
        }
        for (; i < values.Length; i++)
            sum[i] += values[i] * weight;
    }

    private void Distances(int item, Span<float> destination)
    {
        // The factors first: what two vectors are to each other is then the same from both sides, to the last bit.
        TensorPrimitives.Multiply(_inverse, -_inverse[item], destination);
        TensorPrimitives.Multiply(destination, Products(item), destination);
        TensorPrimitives.Add(destination, 1, destination);
    }
}
