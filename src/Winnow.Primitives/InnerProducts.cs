using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>All inner products of two sets of vectors.</summary>
/// <remarks>
/// Tiles of 4 x 4 products stay in registers, so each loaded vector is used four times. Every product adds its terms in the same order,
/// wherever it lies in the matrix: equal vectors get equal products, and the result does not depend on the split of the work.
/// </remarks>
public static unsafe class InnerProducts
{
    private const int Tile = PackedRows<double>.Tile;

    // Columns are swept in panels that stay in the second-level cache while all rows pass.
    private const int PanelBytes = 384 * 1024;

    // Rows of one piece of parallel work; a multiple of the tile.
    private const int BlockRows = 128;

    /// <summary>Inner product of two vectors, in float64.</summary>
    /// <exception cref="ArgumentException">The vectors have different lengths.</exception>
    public static double Of(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.Length != b.Length)
            throw new ArgumentException($"Vectors of length {a.Length} and {b.Length} have no inner product.", nameof(b));
        Vector<double> low = default, high = default;
        int i = 0;
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(a[i..]), out Vector<double> lowA, out Vector<double> highA);
            Vector.Widen(new Vector<float>(b[i..]), out Vector<double> lowB, out Vector<double> highB);
            (low, high) = (Vector.FusedMultiplyAdd(lowA, lowB, low), Vector.FusedMultiplyAdd(highA, highB, high));
        }
        double sum = Vector.Sum(low + high);
        for (; i < a.Length; i++)
            sum += (double)a[i] * b[i];
        return sum;
    }

    /// <summary>Products of the vectors with each other, in float64.</summary>
    /// <param name="vectors"><c>[n, D]</c>.</param>
    /// <returns><c>[n, n]</c>, symmetric.</returns>
    public static RealMatrix Among(TokenMatrix vectors)
    {
        using var rows = new PackedRows<double>(vectors);
        var result = new RealMatrix(rows.Count, rows.Count);
        Multiply(rows, rows, result.Values, symmetric: true);
        return result;
    }

    /// <summary>Products of each left vector with each right one, in float64.</summary>
    /// <param name="left"><c>[m, D]</c>.</param>
    /// <param name="right"><c>[n, D]</c>.</param>
    /// <returns><c>[m, n]</c>.</returns>
    /// <exception cref="ArgumentException">The vectors have different lengths.</exception>
    public static RealMatrix Between(TokenMatrix left, TokenMatrix right)
    {
        RequireSameLength(left, right);
        var result = new RealMatrix(left.Count, right.Count);
        if (left.Count == 1 || right.Count == 1)
        {
            // Packed copies would cost more than the products.
            for (int i = 0; i < left.Count; i++)
                for (int j = 0; j < right.Count; j++)
                    result[i, j] = Of(left[i], right[j]);
            return result;
        }
        using var rows = new PackedRows<double>(left);
        using var columns = new PackedRows<double>(right);
        Multiply(rows, columns, result.Values, symmetric: false);
        return result;
    }

    /// <summary>Products of each left vector with each right one, in float32: half the time and memory, for choices over a whole
    /// video.</summary>
    /// <param name="left"><c>[m, D]</c>.</param>
    /// <param name="right"><c>[n, D]</c>; the same matrix as <paramref name="left"/> halves the work.</param>
    /// <param name="destination"><c>[m, n]</c>, row-major.</param>
    /// <param name="parallel">How the work is spread over threads; null for none.</param>
    /// <exception cref="ArgumentException">The vectors have different lengths, or the destination does not fit.</exception>
    public static void Between(TokenMatrix left, TokenMatrix right, Span<float> destination, ParallelFor? parallel = null)
    {
        RequireSameLength(left, right);
        if (destination.Length != (long)left.Count * right.Count)
            throw new ArgumentException(
                $"{left.Count} x {right.Count} products need as many values; the destination has {destination.Length}.",
                nameof(destination));
        using var rows = new PackedRows<float>(left);
        if (left.Values.Equals(right.Values))
        {
            Multiply(rows, rows, destination, symmetric: true, parallel);
            return;
        }
        using var columns = new PackedRows<float>(right);
        Multiply(rows, columns, destination, symmetric: false, parallel);
    }

    /// <summary>Products of some vectors with some, in float32.</summary>
    /// <param name="vectors"><c>[n, D]</c>.</param>
    /// <param name="left">Indices of m of them.</param>
    /// <param name="right">Indices of p of them; the same array as <paramref name="left"/> halves the work.</param>
    /// <param name="destination"><c>[m, p]</c>, row-major.</param>
    /// <param name="parallel">How the work is spread over threads; null for none.</param>
    /// <exception cref="ArgumentException">The destination does not fit.</exception>
    public static void Between(TokenMatrix vectors, int[] left, int[] right, Span<float> destination, ParallelFor? parallel = null)
    {
        if (destination.Length != (long)left.Length * right.Length)
            throw new ArgumentException(
                $"{left.Length} x {right.Length} products need as many values; the destination has {destination.Length}.",
                nameof(destination));
        using var rows = new PackedRows<float>(vectors, left);
        if (left == right)
        {
            Multiply(rows, rows, destination, symmetric: true, parallel);
            return;
        }
        using var columns = new PackedRows<float>(vectors, right);
        Multiply(rows, columns, destination, symmetric: false, parallel);
    }

    private static void RequireSameLength(TokenMatrix left, TokenMatrix right)
    {
        if (left.Dimension != right.Dimension)
            throw new ArgumentException($"Vectors of length {left.Dimension} and {right.Dimension} have no inner product.", nameof(right));
    }

    private static void Multiply<T>(PackedRows<T> rows, PackedRows<T> columns, Span<T> result, bool symmetric,
        ParallelFor? parallel = null) where T : unmanaged, INumberBase<T>
    {
        if (PackedRows<T>.Wide)
            Multiply<T, Vector512<T>, Lanes512<T>>(rows, columns, result, symmetric, parallel);
        else
            Multiply<T, Vector<T>, LanesPortable<T>>(rows, columns, result, symmetric, parallel);
    }

    private static void Multiply<T, TVector, TLanes>(PackedRows<T> rows, PackedRows<T> columns, Span<T> result, bool symmetric,
        ParallelFor? parallel)
        where T : unmanaged, INumberBase<T>
        where TVector : unmanaged
        where TLanes : struct, ILanes<T, TVector>
    {
        int panel = Math.Max(Tile, PanelBytes / (sizeof(T) * rows.Stride) / Tile * Tile);
        int panels = (columns.Count + panel - 1) / panel, blocks = (rows.Count + BlockRows - 1) / BlockRows;
        fixed (T* pinnedLeft = rows.Values, pinnedRight = columns.Values, pinnedTarget = result)
        {
            T* left = pinnedLeft, right = pinnedRight, target = pinnedTarget;
            int stride = rows.Stride, rowCount = rows.Count, columnCount = columns.Count;
            Run(parallel, panels * blocks, piece =>
            {
                (int start, int top) = (piece / blocks * panel, piece % blocks * BlockRows);
                (int end, int bottom) = (Math.Min(start + panel, columnCount), Math.Min(top + BlockRows, rowCount));
                for (int i = top; i < bottom; i += Tile)
                    for (int j = start; j < (symmetric ? Math.Min(end, i + Tile) : end); j += Tile)
                        MultiplyTile<T, TVector, TLanes>(left + i * stride, right + j * stride, stride, target, i, j, rowCount, columnCount, symmetric);
            });
        }
    }

    private static void Run(ParallelFor? parallel, int count, Action<int> body)
    {
        if (parallel is not null)
        {
            parallel(count, body);
            return;
        }
        for (int i = 0; i < count; i++)
            body(i);
    }

    // A tile of a symmetric product is written on both sides of the diagonal while it is at hand.
    private static void MultiplyTile<T, TVector, TLanes>(
        T* a, T* b, int stride, T* result, int row, int column, int rows, int columns, bool symmetric)
        where T : unmanaged, INumberBase<T>
        where TVector : unmanaged
        where TLanes : struct, ILanes<T, TVector>
    {
        TVector c00 = default, c01 = default, c02 = default, c03 = default, c10 = default, c11 = default, c12 = default, c13 = default;
        TVector c20 = default, c21 = default, c22 = default, c23 = default, c30 = default, c31 = default, c32 = default, c33 = default;
        for (int k = 0; k < stride; k += TLanes.Count)
        {
            TVector b0 = TLanes.Load(b + k), b1 = TLanes.Load(b + stride + k);
            TVector b2 = TLanes.Load(b + 2 * stride + k), b3 = TLanes.Load(b + 3 * stride + k);
            TVector value = TLanes.Load(a + k);
            (c00, c01, c02, c03) = (TLanes.Add(value, b0, c00), TLanes.Add(value, b1, c01), TLanes.Add(value, b2, c02), TLanes.Add(value, b3, c03));
            value = TLanes.Load(a + stride + k);
            (c10, c11, c12, c13) = (TLanes.Add(value, b0, c10), TLanes.Add(value, b1, c11), TLanes.Add(value, b2, c12), TLanes.Add(value, b3, c13));
            value = TLanes.Load(a + 2 * stride + k);
            (c20, c21, c22, c23) = (TLanes.Add(value, b0, c20), TLanes.Add(value, b1, c21), TLanes.Add(value, b2, c22), TLanes.Add(value, b3, c23));
            value = TLanes.Load(a + 3 * stride + k);
            (c30, c31, c32, c33) = (TLanes.Add(value, b0, c30), TLanes.Add(value, b1, c31), TLanes.Add(value, b2, c32), TLanes.Add(value, b3, c33));
        }
        T* sums = stackalloc T[Tile * Tile]
        {
            TLanes.Sum(c00), TLanes.Sum(c01), TLanes.Sum(c02), TLanes.Sum(c03),
            TLanes.Sum(c10), TLanes.Sum(c11), TLanes.Sum(c12), TLanes.Sum(c13),
            TLanes.Sum(c20), TLanes.Sum(c21), TLanes.Sum(c22), TLanes.Sum(c23),
            TLanes.Sum(c30), TLanes.Sum(c31), TLanes.Sum(c32), TLanes.Sum(c33),
        };
        (int height, int width) = (Math.Min(Tile, rows - row), Math.Min(Tile, columns - column));
        for (int i = 0; i < height; i++)
            for (int j = 0; j < width; j++)
                result[(long)(row + i) * columns + column + j] = sums[i * Tile + j];
        if (!symmetric || row == column)
            return;
        for (int j = 0; j < width; j++)
            for (int i = 0; i < height; i++)
                result[(long)(column + j) * columns + row + i] = sums[i * Tile + j];
    }

    /// <summary>A register of values.</summary>
    private interface ILanes<T, TVector> where T : unmanaged
    {
        static abstract int Count { get; }

        static abstract TVector Load(T* source);

        static abstract TVector Add(TVector a, TVector b, TVector sum);

        static abstract T Sum(TVector values);
    }

    /// <summary>512 bits, where the processor adds as many at once.</summary>
    private readonly struct Lanes512<T> : ILanes<T, Vector512<T>> where T : unmanaged
    {
        public static int Count => Vector512<T>.Count;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<T> Load(T* source) => Vector512.Load(source);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<T> Add(Vector512<T> a, Vector512<T> b, Vector512<T> sum) => typeof(T) == typeof(double)
            ? Vector512.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), sum.AsDouble()).As<double, T>()
            : Vector512.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), sum.AsSingle()).As<float, T>();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Sum(Vector512<T> values) => Vector512.Sum(values);
    }

    /// <summary>As many bits as the runtime finds best.</summary>
    private readonly struct LanesPortable<T> : ILanes<T, Vector<T>> where T : unmanaged
    {
        public static int Count => Vector<T>.Count;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Load(T* source) => Vector.Load(source);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Add(Vector<T> a, Vector<T> b, Vector<T> sum) => typeof(T) == typeof(double)
            ? (Vector<T>)(object)Vector.FusedMultiplyAdd((Vector<double>)(object)a, (Vector<double>)(object)b, (Vector<double>)(object)sum)
            : (Vector<T>)(object)Vector.FusedMultiplyAdd((Vector<float>)(object)a, (Vector<float>)(object)b, (Vector<float>)(object)sum);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Sum(Vector<T> values) => Vector.Sum(values);
    }
}
