using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>All inner products of two sets of vectors.</summary>
/// <remarks>
/// Both sides lie in panels (<see cref="PackedRows{T}"/>). A tile of the result, some rows by a panel of columns, stays in registers while
/// a stretch of the vectors passes by: each step loads two registers of columns and multiplies them with one value of each row. Every
/// product adds its terms in the same order, wherever it lies in the matrix: equal vectors get equal products, and the result does not
/// depend on the split of the work.
/// </remarks>
public static unsafe class InnerProducts
{
    // Values of each vector that one sweep adds up: long beside what a tile costs at its ends, and that stretch of a panel, 57 KB at most,
    // stays in the nearest caches.
    private const int Stretch = 448;

    // A piece of parallel work: its rows stay in the second-level cache while its panels pass by. Rows are a multiple of a panel.
    private const int PieceRows = 256;
    private const int PiecePanels = 16;

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
    /// <param name="chosen">Indices of those that count as the n vectors; null for all.</param>
    /// <returns><c>[n, n]</c>, symmetric.</returns>
    public static RealMatrix Among(TokenMatrix vectors, int[]? chosen = null)
    {
        using var rows = new PackedRows<double>(vectors, chosen);
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
        return Between(left, null, right, null);
    }

    /// <summary>Products of some vectors with some, in float64.</summary>
    /// <param name="vectors">Vectors.</param>
    /// <param name="left">Indices of m of them.</param>
    /// <param name="right">Indices of n of them.</param>
    /// <returns><c>[m, n]</c>.</returns>
    public static RealMatrix Between(TokenMatrix vectors, int[] left, int[] right) => Between(vectors, left, vectors, right);

    private static RealMatrix Between(TokenMatrix left, int[]? chosenLeft, TokenMatrix right, int[]? chosenRight)
    {
        var result = new RealMatrix(chosenLeft?.Length ?? left.Count, chosenRight?.Length ?? right.Count);
        if (result.Rows == 1 || result.Columns == 1)
        {
            // Packed copies would cost more than the products.
            for (int i = 0; i < result.Rows; i++)
                for (int j = 0; j < result.Columns; j++)
                    result[i, j] = Of(left[chosenLeft is null ? i : chosenLeft[i]], right[chosenRight is null ? j : chosenRight[j]]);
            return result;
        }
        using var rows = new PackedRows<double>(left, chosenLeft);
        using var columns = new PackedRows<double>(right, chosenRight);
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
        Between(left, null, right, null, symmetric: left.Values.Equals(right.Values), destination, parallel);
    }

    /// <summary>Products of some vectors with some, in float32.</summary>
    /// <param name="vectors"><c>[n, D]</c>.</param>
    /// <param name="left">Indices of m of them.</param>
    /// <param name="right">Indices of p of them; the same array as <paramref name="left"/> halves the work.</param>
    /// <param name="destination"><c>[m, p]</c>, row-major.</param>
    /// <param name="parallel">How the work is spread over threads; null for none.</param>
    /// <exception cref="ArgumentException">The destination does not fit.</exception>
    public static void Between(TokenMatrix vectors, int[] left, int[] right, Span<float> destination, ParallelFor? parallel = null) =>
        Between(vectors, left, vectors, right, symmetric: left == right, destination, parallel);

    private static void Between(
        TokenMatrix left, int[]? chosenLeft, TokenMatrix right, int[]? chosenRight,
        bool symmetric, Span<float> destination, ParallelFor? parallel)
    {
        (int m, int n) = (chosenLeft?.Length ?? left.Count, chosenRight?.Length ?? right.Count);
        if (destination.Length != (long)m * n)
            throw new ArgumentException(
                $"{m} x {n} products need as many values; the destination has {destination.Length}.", nameof(destination));
        using var rows = new PackedRows<float>(left, chosenLeft, parallel);
        if (symmetric)
        {
            Multiply(rows, rows, destination, symmetric, parallel);
            return;
        }
        using var columns = new PackedRows<float>(right, chosenRight, parallel);
        Multiply(rows, columns, destination, symmetric, parallel);
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
        int width = columns.Count, size = PackedRows<T>.Panel, panels = (width + size - 1) / size;
        int across = (panels + PiecePanels - 1) / PiecePanels, down = (rows.Count + PieceRows - 1) / PieceRows;
        fixed (T* pinned = result)
        {
            T* target = pinned;
            parallel.Run(down * across, piece =>
            {
                T* sums = stackalloc T[PieceRows * size];
                int top = piece / across * PieceRows, bottom = Math.Min(top + PieceRows, rows.Count), first = piece % across * PiecePanels;
                for (int panel = first; panel < Math.Min(first + PiecePanels, panels); panel++)
                {
                    int column = panel * size, row = symmetric ? Math.Max(top, column) : top;
                    (int height, int length) = (bottom - row, Math.Min(size, width - column));
                    if (height <= 0)
                        break;
                    MultiplyPanel<T, TVector, TLanes>(rows, row, height, columns, panel, sums);
                    Write(sums, size, height, length, target + (long)row * width + column, width);
                    if (symmetric)
                        Mirror(sums, size, height, length, target + (long)column * width + row, width);
                }
            });
        }
    }

    /// <summary>Products of some rows, from the first of a tile on, with a panel of columns.</summary>
    private static void MultiplyPanel<T, TVector, TLanes>(
        PackedRows<T> rows, int row, int height, PackedRows<T> columns, int panel, T* sums)
        where T : unmanaged, INumberBase<T>
        where TVector : unmanaged
        where TLanes : struct, ILanes<T, TVector>
    {
        int size = PackedRows<T>.Panel, dimension = rows.Dimension;
        for (int start = 0; start < dimension; start += Stretch)
        {
            int length = Math.Min(Stretch, dimension - start);
            T* right = columns.Values + ((long)panel * dimension + start) * size;
            for (int i = 0; i < height; i += TLanes.Rows)
            {
                T* left = rows.Values + ((long)((row + i) / size) * dimension + start) * size + (row + i) % size;
                MultiplyTile<T, TVector, TLanes>(left, right, length, sums + i * size, add: start > 0);
            }
        }
    }

    private static void MultiplyTile<T, TVector, TLanes>(T* left, T* right, nint length, T* sums, bool add)
        where T : unmanaged, INumberBase<T>
        where TVector : unmanaged
        where TLanes : struct, ILanes<T, TVector>
    {
        TVector a0 = default, b0 = default, a1 = default, b1 = default, a2 = default, b2 = default, a3 = default, b3 = default;
        TVector a4 = default, b4 = default, a5 = default, b5 = default, a6 = default, b6 = default, a7 = default, b7 = default;
        for (; length > 0; length--)
        {
            TVector a = TLanes.Load(right), b = TLanes.Load(right + TLanes.Count);
            TVector value = TLanes.Repeat(left[0]);
            (a0, b0) = (TLanes.Add(value, a, a0), TLanes.Add(value, b, b0));
            value = TLanes.Repeat(left[1]);
            (a1, b1) = (TLanes.Add(value, a, a1), TLanes.Add(value, b, b1));
            value = TLanes.Repeat(left[2]);
            (a2, b2) = (TLanes.Add(value, a, a2), TLanes.Add(value, b, b2));
            value = TLanes.Repeat(left[3]);
            (a3, b3) = (TLanes.Add(value, a, a3), TLanes.Add(value, b, b3));
            if (TLanes.Rows == 8)
            {
                value = TLanes.Repeat(left[4]);
                (a4, b4) = (TLanes.Add(value, a, a4), TLanes.Add(value, b, b4));
                value = TLanes.Repeat(left[5]);
                (a5, b5) = (TLanes.Add(value, a, a5), TLanes.Add(value, b, b5));
                value = TLanes.Repeat(left[6]);
                (a6, b6) = (TLanes.Add(value, a, a6), TLanes.Add(value, b, b6));
                value = TLanes.Repeat(left[7]);
                (a7, b7) = (TLanes.Add(value, a, a7), TLanes.Add(value, b, b7));
            }
            left += 2 * TLanes.Count;
            right += 2 * TLanes.Count;
        }
        Store<T, TVector, TLanes>(a0, b0, sums, 0, add);
        Store<T, TVector, TLanes>(a1, b1, sums, 1, add);
        Store<T, TVector, TLanes>(a2, b2, sums, 2, add);
        Store<T, TVector, TLanes>(a3, b3, sums, 3, add);
        if (TLanes.Rows == 8)
        {
            Store<T, TVector, TLanes>(a4, b4, sums, 4, add);
            Store<T, TVector, TLanes>(a5, b5, sums, 5, add);
            Store<T, TVector, TLanes>(a6, b6, sums, 6, add);
            Store<T, TVector, TLanes>(a7, b7, sums, 7, add);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T, TVector, TLanes>(TVector a, TVector b, T* sums, int row, bool add)
        where T : unmanaged
        where TVector : unmanaged
        where TLanes : struct, ILanes<T, TVector>
    {
        T* target = sums + row * 2 * TLanes.Count;
        TLanes.Store(add ? TLanes.Sum(TLanes.Load(target), a) : a, target);
        TLanes.Store(add ? TLanes.Sum(TLanes.Load(target + TLanes.Count), b) : b, target + TLanes.Count);
    }

    private static void Write<T>(T* sums, int size, int rows, int columns, T* target, int width) where T : unmanaged
    {
        for (int i = 0; i < rows; i++)
            new ReadOnlySpan<T>(sums + i * size, columns).CopyTo(new Span<T>(target + (long)i * width, columns));
    }

    /// <summary>The same products on the other side of the diagonal, while they are at hand.</summary>
    private static void Mirror<T>(T* sums, int size, int rows, int columns, T* target, int width) where T : unmanaged
    {
        for (int j = 0; j < columns; j++)
        {
            T* from = sums + j, to = target + (long)j * width;
            for (int i = 0; i < rows; i++, from += size)
                to[i] = *from;
        }
    }

    /// <summary>A register of values.</summary>
    private interface ILanes<T, TVector> where T : unmanaged
    {
        static abstract int Count { get; }

        /// <summary>Rows of a tile: 8 where there are 32 registers for sums and operands, else 4.</summary>
        static abstract int Rows { get; }

        static abstract TVector Load(T* source);

        static abstract void Store(TVector values, T* target);

        static abstract TVector Repeat(T value);

        static abstract TVector Sum(TVector a, TVector b);

        static abstract TVector Add(TVector a, TVector b, TVector sum);
    }

    /// <summary>512 bits, where the processor adds as many at once.</summary>
    private readonly struct Lanes512<T> : ILanes<T, Vector512<T>> where T : unmanaged
    {
        public static int Count => Vector512<T>.Count;

        public static int Rows => 8;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<T> Load(T* source) => Vector512.Load(source);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector512<T> values, T* target) => values.Store(target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<T> Repeat(T value) => Vector512.Create(value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<T> Sum(Vector512<T> a, Vector512<T> b) => a + b;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<T> Add(Vector512<T> a, Vector512<T> b, Vector512<T> sum) => typeof(T) == typeof(double)
            ? Vector512.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), sum.AsDouble()).As<double, T>()
            : Vector512.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), sum.AsSingle()).As<float, T>();
    }

    /// <summary>As many bits as the runtime finds best.</summary>
    private readonly struct LanesPortable<T> : ILanes<T, Vector<T>> where T : unmanaged
    {
        public static int Count => Vector<T>.Count;

        public static int Rows => 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Load(T* source) => Vector.Load(source);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector<T> values, T* target) => values.Store(target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Repeat(T value) => new(value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Sum(Vector<T> a, Vector<T> b) => a + b;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Add(Vector<T> a, Vector<T> b, Vector<T> sum) => typeof(T) == typeof(double)
            ? (Vector<T>)(object)Vector.FusedMultiplyAdd((Vector<double>)(object)a, (Vector<double>)(object)b, (Vector<double>)(object)sum)
            : (Vector<T>)(object)Vector.FusedMultiplyAdd((Vector<float>)(object)a, (Vector<float>)(object)b, (Vector<float>)(object)sum);
    }
}
