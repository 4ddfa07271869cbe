using System.Numerics;
using System.Runtime.CompilerServices;
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

    // Rows of one piece of parallel work; a multiple of the tile and of the mirrored block.
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
        using var rows = new PackedRows<double>(left);
        using var columns = new PackedRows<double>(right);
        var result = new RealMatrix(rows.Count, columns.Count);
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
            throw new ArgumentException($"{left.Count} x {right.Count} products need as many values; the destination has {destination.Length}.", nameof(destination));
        using var rows = new PackedRows<float>(left);
        if (left.Values.Equals(right.Values))
        {
            Multiply(rows, rows, destination, symmetric: true, parallel);
            return;
        }
        using var columns = new PackedRows<float>(right);
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
                        MultiplyTile(left + i * stride, right + j * stride, stride, target, i, j, rowCount, columnCount);
            });
            if (symmetric)
                Run(parallel, blocks, block => Mirror(target, rowCount, block * BlockRows, Math.Min((block + 1) * BlockRows, rowCount)));
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

    private static void Mirror<T>(T* square, int side, int first, int end) where T : unmanaged
    {
        const int Block = 32;
        for (int top = first; top < end; top += Block)
            for (int left = 0; left <= top; left += Block)
                for (int i = top; i < Math.Min(top + Block, end); i++)
                    for (int j = left; j < Math.Min(left + Block, i); j++)
                        square[(long)j * side + i] = square[(long)i * side + j];
    }

    private static void MultiplyTile<T>(T* a, T* b, int stride, T* result, int row, int column, int rows, int columns)
        where T : unmanaged, INumberBase<T>
    {
        Vector<T> c00 = default, c01 = default, c02 = default, c03 = default, c10 = default, c11 = default, c12 = default, c13 = default;
        Vector<T> c20 = default, c21 = default, c22 = default, c23 = default, c30 = default, c31 = default, c32 = default, c33 = default;
        for (int k = 0; k < stride; k += Vector<T>.Count)
        {
            Vector<T> b0 = Vector.Load(b + k), b1 = Vector.Load(b + stride + k);
            Vector<T> b2 = Vector.Load(b + 2 * stride + k), b3 = Vector.Load(b + 3 * stride + k);
            Vector<T> value = Vector.Load(a + k);
            (c00, c01, c02, c03) = (Add(value, b0, c00), Add(value, b1, c01), Add(value, b2, c02), Add(value, b3, c03));
            value = Vector.Load(a + stride + k);
            (c10, c11, c12, c13) = (Add(value, b0, c10), Add(value, b1, c11), Add(value, b2, c12), Add(value, b3, c13));
            value = Vector.Load(a + 2 * stride + k);
            (c20, c21, c22, c23) = (Add(value, b0, c20), Add(value, b1, c21), Add(value, b2, c22), Add(value, b3, c23));
            value = Vector.Load(a + 3 * stride + k);
            (c30, c31, c32, c33) = (Add(value, b0, c30), Add(value, b1, c31), Add(value, b2, c32), Add(value, b3, c33));
        }
        T* sums = stackalloc T[Tile * Tile]
        {
            Vector.Sum(c00), Vector.Sum(c01), Vector.Sum(c02), Vector.Sum(c03),
            Vector.Sum(c10), Vector.Sum(c11), Vector.Sum(c12), Vector.Sum(c13),
            Vector.Sum(c20), Vector.Sum(c21), Vector.Sum(c22), Vector.Sum(c23),
            Vector.Sum(c30), Vector.Sum(c31), Vector.Sum(c32), Vector.Sum(c33),
        };
        for (int i = 0; i < Math.Min(Tile, rows - row); i++)
            for (int j = 0; j < Math.Min(Tile, columns - column); j++)
                result[(long)(row + i) * columns + column + j] = sums[i * Tile + j];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Add<T>(Vector<T> a, Vector<T> b, Vector<T> sum) => typeof(T) == typeof(double)
        ? (Vector<T>)(object)Vector.FusedMultiplyAdd((Vector<double>)(object)a, (Vector<double>)(object)b, (Vector<double>)(object)sum)
        : (Vector<T>)(object)Vector.FusedMultiplyAdd((Vector<float>)(object)a, (Vector<float>)(object)b, (Vector<float>)(object)sum);
}
