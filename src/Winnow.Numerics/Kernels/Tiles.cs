using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Numerics.Kernels;

/// <summary>
/// The innermost loops of every product: a tile of c, a few rows by two vectors of columns, stays in registers while the inner
/// dimension passes by.
/// </summary>
/// <remarks>
/// <para>
/// 12 rows x 2 vectors are 24 sums; with two vectors of b and one broadcast of a that fills 27 of the 32 registers of AVX-512, and
/// 14 loads feed 24 multiply-adds, so loads never limit. The 16 registers of AVX2 hold 6 rows x 2. Four rows serve what is left
/// at the lower edge: fewer than that would not hide the latency of a multiply-add.
/// </para>
/// <para>
/// Rows go three or four at a time, all products before all additions. Where these are two instructions (<c>vpmaddwd</c>, <c>vpaddd</c>),
/// the order that alternates them makes additions queue for the pipes that multiply: measured on AMD Zen 4, 1.45 times the f32
/// rate; grouped by three rows 1.73, and by four, with 8 rows so that the products find registers, 1.81 of a possible 2.
/// </para>
/// </remarks>
/// <typeparam name="TDot">The arithmetic.</typeparam>
/// <typeparam name="TVector">Its register.</typeparam>
internal static unsafe class Tiles<TDot, TVector>
    where TDot : struct, IDot<TVector>
    where TVector : struct
{
    /// <summary>
    /// Runs the tile whose activations are packed <paramref name="tileRows"/> side by side; the first <paramref name="rows"/> count.
    /// </summary>
    public static void Run(int tileRows, in TileCall t, int rows)
    {
        if (tileRows == 12 && rows > 8)
        {
            Run12(t, 0);
        }
        else if (tileRows == 8 && rows > 4)
        {
            Run8(t, 0);
        }
        else if (tileRows == 6)
        {
            Run6(t, 0);
        }
        else
        {
            for (int row = 0; row < rows; row += 4)
            {
                Run4(t, row);
            }
        }
    }

    /// <summary>Twelve rows, for 32 registers.</summary>
    private static void Run12(in TileCall t, int firstRow)
    {
        uint* a = t.A + firstRow;
        uint* b = t.B;
        nint aStep = t.AStep;
        nint bStep = t.BStep;
        PrefetchResult(t, firstRow, 12);
        for (int group = 0; group < t.Groups; group++)
        {
            int* start = t.Starts + (group * 2 * TDot.Lanes);
            TVector left = TDot.Start(start);
            TVector right = TDot.Start(start + TDot.Lanes);
            TVector l0 = left, r0 = right;
            TVector l1 = left, r1 = right;
            TVector l2 = left, r2 = right;
            TVector l3 = left, r3 = right;
            TVector l4 = left, r4 = right;
            TVector l5 = left, r5 = right;
            TVector l6 = left, r6 = right;
            TVector l7 = left, r7 = right;
            TVector l8 = left, r8 = right;
            TVector l9 = left, r9 = right;
            TVector l10 = left, r10 = right;
            TVector l11 = left, r11 = right;
            for (nint slot = group < t.Groups - 1 ? t.Slots : t.LastSlots; slot > 0; slot--)
            {
                left = TDot.Load(b);
                right = TDot.Load(b + TDot.Lanes);
                Step3(a + 0, left, right, ref l0, ref r0, ref l1, ref r1, ref l2, ref r2);
                Step3(a + 3, left, right, ref l3, ref r3, ref l4, ref r4, ref l5, ref r5);
                Step3(a + 6, left, right, ref l6, ref r6, ref l7, ref r7, ref l8, ref r8);
                Step3(a + 9, left, right, ref l9, ref r9, ref l10, ref r10, ref l11, ref r11);
                a += aStep;
                b += bStep;
            }

            left = TDot.LoadScales(t.ColumnScales + (group * Int8Layout.PanelRows));
            right = TDot.LoadScales(t.ColumnScales + (group * Int8Layout.PanelRows) + TDot.Lanes);
            float* scales = t.RowScales + (group * t.RowScaleStep) + firstRow;
            float* c = t.C + (firstRow * t.CStep);
            bool store = t.Store && group == 0;
            Finish(c + (0 * t.CStep), store, scales + 0, l0, r0, left, right);
            Finish(c + (1 * t.CStep), store, scales + 1, l1, r1, left, right);
            Finish(c + (2 * t.CStep), store, scales + 2, l2, r2, left, right);
            Finish(c + (3 * t.CStep), store, scales + 3, l3, r3, left, right);
            Finish(c + (4 * t.CStep), store, scales + 4, l4, r4, left, right);
            Finish(c + (5 * t.CStep), store, scales + 5, l5, r5, left, right);
            Finish(c + (6 * t.CStep), store, scales + 6, l6, r6, left, right);
            Finish(c + (7 * t.CStep), store, scales + 7, l7, r7, left, right);
            Finish(c + (8 * t.CStep), store, scales + 8, l8, r8, left, right);
            Finish(c + (9 * t.CStep), store, scales + 9, l9, r9, left, right);
            Finish(c + (10 * t.CStep), store, scales + 10, l10, r10, left, right);
            Finish(c + (11 * t.CStep), store, scales + 11, l11, r11, left, right);
        }
    }

    /// <summary>Eight rows, for 32 registers where a product and its addition are two instructions.</summary>
    private static void Run8(in TileCall t, int firstRow)
    {
        uint* a = t.A + firstRow;
        uint* b = t.B;
        nint aStep = t.AStep;
        nint bStep = t.BStep;
        PrefetchResult(t, firstRow, 8);
        for (int group = 0; group < t.Groups; group++)
        {
            int* start = t.Starts + (group * 2 * TDot.Lanes);
            TVector left = TDot.Start(start);
            TVector right = TDot.Start(start + TDot.Lanes);
            TVector l0 = left, r0 = right;
            TVector l1 = left, r1 = right;
            TVector l2 = left, r2 = right;
            TVector l3 = left, r3 = right;
            TVector l4 = left, r4 = right;
            TVector l5 = left, r5 = right;
            TVector l6 = left, r6 = right;
            TVector l7 = left, r7 = right;
            for (nint slot = group < t.Groups - 1 ? t.Slots : t.LastSlots; slot > 0; slot--)
            {
                left = TDot.Load(b);
                right = TDot.Load(b + TDot.Lanes);
                Step4(a + 0, left, right, ref l0, ref r0, ref l1, ref r1, ref l2, ref r2, ref l3, ref r3);
                Step4(a + 4, left, right, ref l4, ref r4, ref l5, ref r5, ref l6, ref r6, ref l7, ref r7);
                a += aStep;
                b += bStep;
            }

            left = TDot.LoadScales(t.ColumnScales + (group * Int8Layout.PanelRows));
            right = TDot.LoadScales(t.ColumnScales + (group * Int8Layout.PanelRows) + TDot.Lanes);
            float* scales = t.RowScales + (group * t.RowScaleStep) + firstRow;
            float* c = t.C + (firstRow * t.CStep);
            bool store = t.Store && group == 0;
            Finish(c + (0 * t.CStep), store, scales + 0, l0, r0, left, right);
            Finish(c + (1 * t.CStep), store, scales + 1, l1, r1, left, right);
            Finish(c + (2 * t.CStep), store, scales + 2, l2, r2, left, right);
            Finish(c + (3 * t.CStep), store, scales + 3, l3, r3, left, right);
            Finish(c + (4 * t.CStep), store, scales + 4, l4, r4, left, right);
            Finish(c + (5 * t.CStep), store, scales + 5, l5, r5, left, right);
            Finish(c + (6 * t.CStep), store, scales + 6, l6, r6, left, right);
            Finish(c + (7 * t.CStep), store, scales + 7, l7, r7, left, right);
        }
    }

    /// <summary>Six rows, for 16 registers.</summary>
    private static void Run6(in TileCall t, int firstRow)
    {
        uint* a = t.A + firstRow;
        uint* b = t.B;
        nint aStep = t.AStep;
        nint bStep = t.BStep;
        PrefetchResult(t, firstRow, 6);
        for (int group = 0; group < t.Groups; group++)
        {
            int* start = t.Starts + (group * 2 * TDot.Lanes);
            TVector left = TDot.Start(start);
            TVector right = TDot.Start(start + TDot.Lanes);
            TVector l0 = left, r0 = right;
            TVector l1 = left, r1 = right;
            TVector l2 = left, r2 = right;
            TVector l3 = left, r3 = right;
            TVector l4 = left, r4 = right;
            TVector l5 = left, r5 = right;
            nint slot = group < t.Groups - 1 ? t.Slots : t.LastSlots;
            for (; slot >= 2; slot -= 2)
            {
                // Two at a time: the end of a group, every 32 slots of a byte product, is foreseen more often.
                left = TDot.Load(b);
                right = TDot.Load(b + TDot.Lanes);
                Step3(a + 0, left, right, ref l0, ref r0, ref l1, ref r1, ref l2, ref r2);
                Step3(a + 3, left, right, ref l3, ref r3, ref l4, ref r4, ref l5, ref r5);
                left = TDot.Load(b + bStep);
                right = TDot.Load(b + bStep + TDot.Lanes);
                Step3(a + aStep, left, right, ref l0, ref r0, ref l1, ref r1, ref l2, ref r2);
                Step3(a + aStep + 3, left, right, ref l3, ref r3, ref l4, ref r4, ref l5, ref r5);
                a += 2 * aStep;
                b += 2 * bStep;
            }

            if (slot > 0)
            {
                left = TDot.Load(b);
                right = TDot.Load(b + TDot.Lanes);
                Step3(a + 0, left, right, ref l0, ref r0, ref l1, ref r1, ref l2, ref r2);
                Step3(a + 3, left, right, ref l3, ref r3, ref l4, ref r4, ref l5, ref r5);
                a += aStep;
                b += bStep;
            }

            left = TDot.LoadScales(t.ColumnScales + (group * Int8Layout.PanelRows));
            right = TDot.LoadScales(t.ColumnScales + (group * Int8Layout.PanelRows) + TDot.Lanes);
            float* scales = t.RowScales + (group * t.RowScaleStep) + firstRow;
            float* c = t.C + (firstRow * t.CStep);
            bool store = t.Store && group == 0;
            Finish(c + (0 * t.CStep), store, scales + 0, l0, r0, left, right);
            Finish(c + (1 * t.CStep), store, scales + 1, l1, r1, left, right);
            Finish(c + (2 * t.CStep), store, scales + 2, l2, r2, left, right);
            Finish(c + (3 * t.CStep), store, scales + 3, l3, r3, left, right);
            Finish(c + (4 * t.CStep), store, scales + 4, l4, r4, left, right);
            Finish(c + (5 * t.CStep), store, scales + 5, l5, r5, left, right);
        }
    }

    /// <summary>Four rows, for the lower edge.</summary>
    private static void Run4(in TileCall t, int firstRow)
    {
        uint* a = t.A + firstRow;
        uint* b = t.B;
        nint aStep = t.AStep;
        nint bStep = t.BStep;
        PrefetchResult(t, firstRow, 4);
        for (int group = 0; group < t.Groups; group++)
        {
            int* start = t.Starts + (group * 2 * TDot.Lanes);
            TVector left = TDot.Start(start);
            TVector right = TDot.Start(start + TDot.Lanes);
            TVector l0 = left, r0 = right;
            TVector l1 = left, r1 = right;
            TVector l2 = left, r2 = right;
            TVector l3 = left, r3 = right;
            for (nint slot = group < t.Groups - 1 ? t.Slots : t.LastSlots; slot > 0; slot--)
            {
                left = TDot.Load(b);
                right = TDot.Load(b + TDot.Lanes);
                Step4(a + 0, left, right, ref l0, ref r0, ref l1, ref r1, ref l2, ref r2, ref l3, ref r3);
                a += aStep;
                b += bStep;
            }

            left = TDot.LoadScales(t.ColumnScales + (group * Int8Layout.PanelRows));
            right = TDot.LoadScales(t.ColumnScales + (group * Int8Layout.PanelRows) + TDot.Lanes);
            float* scales = t.RowScales + (group * t.RowScaleStep) + firstRow;
            float* c = t.C + (firstRow * t.CStep);
            bool store = t.Store && group == 0;
            Finish(c + (0 * t.CStep), store, scales + 0, l0, r0, left, right);
            Finish(c + (1 * t.CStep), store, scales + 1, l1, r1, left, right);
            Finish(c + (2 * t.CStep), store, scales + 2, l2, r2, left, right);
            Finish(c + (3 * t.CStep), store, scales + 3, l3, r3, left, right);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step4(
        uint* a,
        TVector left,
        TVector right,
        ref TVector l0,
        ref TVector r0,
        ref TVector l1,
        ref TVector r1,
        ref TVector l2,
        ref TVector r2,
        ref TVector l3,
        ref TVector r3)
    {
        TVector x0 = TDot.Broadcast(a + 0);
        TVector p0 = TDot.Multiply(x0, left, l0);
        TVector q0 = TDot.Multiply(x0, right, r0);
        TVector x1 = TDot.Broadcast(a + 1);
        TVector p1 = TDot.Multiply(x1, left, l1);
        TVector q1 = TDot.Multiply(x1, right, r1);
        TVector x2 = TDot.Broadcast(a + 2);
        TVector p2 = TDot.Multiply(x2, left, l2);
        TVector q2 = TDot.Multiply(x2, right, r2);
        TVector x3 = TDot.Broadcast(a + 3);
        TVector p3 = TDot.Multiply(x3, left, l3);
        TVector q3 = TDot.Multiply(x3, right, r3);
        l0 = TDot.Add(l0, p0);
        r0 = TDot.Add(r0, q0);
        l1 = TDot.Add(l1, p1);
        r1 = TDot.Add(r1, q1);
        l2 = TDot.Add(l2, p2);
        r2 = TDot.Add(r2, q2);
        l3 = TDot.Add(l3, p3);
        r3 = TDot.Add(r3, q3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step3(
        uint* a,
        TVector left,
        TVector right,
        ref TVector l0,
        ref TVector r0,
        ref TVector l1,
        ref TVector r1,
        ref TVector l2,
        ref TVector r2)
    {
        TVector x0 = TDot.Broadcast(a + 0);
        TVector p0 = TDot.Multiply(x0, left, l0);
        TVector q0 = TDot.Multiply(x0, right, r0);
        TVector x1 = TDot.Broadcast(a + 1);
        TVector p1 = TDot.Multiply(x1, left, l1);
        TVector q1 = TDot.Multiply(x1, right, r1);
        TVector x2 = TDot.Broadcast(a + 2);
        TVector p2 = TDot.Multiply(x2, left, l2);
        TVector q2 = TDot.Multiply(x2, right, r2);
        l0 = TDot.Add(l0, p0);
        r0 = TDot.Add(r0, q0);
        l1 = TDot.Add(l1, p1);
        r1 = TDot.Add(r1, q1);
        l2 = TDot.Add(l2, p2);
        r2 = TDot.Add(r2, q2);
    }

    /// <summary>Asks for the lines of c while the sums are formed: it is often in the last-level cache only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchResult(in TileCall t, int firstRow, int rows)
    {
        if (Sse.IsSupported)
        {
            float* c = t.C + (firstRow * t.CStep);
            for (int row = 0; row < rows; row++, c += t.CStep)
            {
                Sse.Prefetch0(c);
                Sse.Prefetch0(c + TDot.Lanes);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(
        float* c, bool store, float* rowScale, TVector left, TVector right, TVector leftScales, TVector rightScales)
    {
        TDot.Finish(left, c, store, rowScale, leftScales);
        TDot.Finish(right, c + TDot.Lanes, store, rowScale, rightScales);
    }
}
