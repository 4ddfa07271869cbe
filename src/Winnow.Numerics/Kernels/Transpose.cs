using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Numerics.Kernels;

/// <summary>Turns rows of 32-bit elements into columns: <c>target[i][row] = source[row][i]</c>.</summary>
internal static unsafe class Transpose
{
    // A block's targets stay in the first-level cache until every row has filled its part of their lines.
    private const int BlockColumns = 64;

    /// <summary>Transposes a matrix of any size.</summary>
    /// <param name="source">[rows, count], rows <paramref name="sourceStep"/> elements apart.</param>
    /// <param name="sourceStep">Elements from one source row to the next.</param>
    /// <param name="rows">Source rows.</param>
    /// <param name="count">Elements per source row.</param>
    /// <param name="target">[count, rows], rows <paramref name="targetStep"/> elements apart.</param>
    /// <param name="targetStep">Elements from one target row to the next.</param>
    public static void Run(uint* source, nint sourceStep, int rows, int count, uint* target, nint targetStep)
    {
        for (int start = 0; start < count; start += BlockColumns)
        {
            int columns = Math.Min(BlockColumns, count - start);
            RunBlock(source + start, sourceStep, rows, columns, start + columns == count, target + (start * targetStep), targetStep);
        }
    }

    private static void RunBlock(uint* source, nint sourceStep, int rows, int count, bool last, uint* target, nint targetStep)
    {
        int row = 0;
        if (Sse.IsSupported && !last)
        {
            // The next block's targets: what lies in another processor's cache is slow to write to.
            for (uint* line = target + (count * targetStep), end = line + (count * targetStep); line < end; line += 16)
            {
                Sse.Prefetch0(line);
            }
        }

        if (Avx.IsSupported)
        {
            for (; row <= rows - 8; row += 8)
            {
                EightRows((float*)source + (row * sourceStep), sourceStep, 8, count, count, (float*)target + row, targetStep);
            }

            if (row == 0 && rows > 4 && targetStep == rows)
            {
                // What a store of eight writes past its column belongs to the next ones, which come later; the very last must not.
                EightRows((float*)source, sourceStep, rows, count, last ? count - 2 : count, (float*)target, targetStep);
                return;
            }
        }

        if (Sse.IsSupported)
        {
            for (; row <= rows - 4; row += 4)
            {
                FourRows((float*)source + (row * sourceStep), sourceStep, count, (float*)target + row, targetStep);
            }
        }

        for (; row < rows; row++)
        {
            uint* from = source + (row * sourceStep);
            uint* to = target + row;
            for (int i = 0; i < count; i++, to += targetStep)
            {
                *to = from[i];
            }
        }
    }

    /// <summary>Asks for the next block of a few rows: each is a stream of its own, too many for the processor to foresee.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(float* source, nint sourceStep, int rows)
    {
        for (int row = 0; row < rows; row++, source += sourceStep)
        {
            for (int line = 0; line < BlockColumns; line += 16)
            {
                Sse.Prefetch0(source + BlockColumns + line);
            }
        }
    }

    private static void EightRows(float* source, nint sourceStep, int rows, int count, int safe, float* target, nint targetStep)
    {
        float* fifth = source + (4 * sourceStep);
        float* sixth = source + (Math.Min(5, rows - 1) * sourceStep);
        float* seventh = source + (Math.Min(6, rows - 1) * sourceStep);
        float* eighth = source + (Math.Min(7, rows - 1) * sourceStep);
        Prefetch(source, sourceStep, rows);
        int i = 0;
        for (; i <= safe - 8; i += 8)
        {
            Vector256<float> a = Avx.LoadVector256(source + i);
            Vector256<float> b = Avx.LoadVector256(source + sourceStep + i);
            Vector256<float> c = Avx.LoadVector256(source + (2 * sourceStep) + i);
            Vector256<float> d = Avx.LoadVector256(source + (3 * sourceStep) + i);
            Vector256<float> e = Avx.LoadVector256(fifth + i);
            Vector256<float> f = Avx.LoadVector256(sixth + i);
            Vector256<float> g = Avx.LoadVector256(seventh + i);
            Vector256<float> h = Avx.LoadVector256(eighth + i);

            // Each 128-bit half is transposed four by four; then halves change places.
            (Vector256<float> top0, Vector256<float> top1, Vector256<float> top2, Vector256<float> top3) = Interleave(a, b, c, d);
            (Vector256<float> low0, Vector256<float> low1, Vector256<float> low2, Vector256<float> low3) = Interleave(e, f, g, h);
            Avx.Permute2x128(top0, low0, 0x20).Store(target);
            Avx.Permute2x128(top1, low1, 0x20).Store(target + targetStep);
            Avx.Permute2x128(top2, low2, 0x20).Store(target + (2 * targetStep));
            Avx.Permute2x128(top3, low3, 0x20).Store(target + (3 * targetStep));
            target += 4 * targetStep;
            Avx.Permute2x128(top0, low0, 0x31).Store(target);
            Avx.Permute2x128(top1, low1, 0x31).Store(target + targetStep);
            Avx.Permute2x128(top2, low2, 0x31).Store(target + (2 * targetStep));
            Avx.Permute2x128(top3, low3, 0x31).Store(target + (3 * targetStep));
            target += 4 * targetStep;
        }

        for (; i < count; i++, target += targetStep)
        {
            for (int row = 0; row < rows; row++)
            {
                target[row] = source[(row * sourceStep) + i];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> First, Vector256<float> Second, Vector256<float> Third, Vector256<float> Fourth) Interleave(
        Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        Vector256<double> lowAb = Avx.UnpackLow(a, b).AsDouble();
        Vector256<double> lowCd = Avx.UnpackLow(c, d).AsDouble();
        Vector256<double> highAb = Avx.UnpackHigh(a, b).AsDouble();
        Vector256<double> highCd = Avx.UnpackHigh(c, d).AsDouble();
        return (
            Avx.UnpackLow(lowAb, lowCd).AsSingle(),
            Avx.UnpackHigh(lowAb, lowCd).AsSingle(),
            Avx.UnpackLow(highAb, highCd).AsSingle(),
            Avx.UnpackHigh(highAb, highCd).AsSingle());
    }

    private static void FourRows(float* source, nint sourceStep, int count, float* target, nint targetStep)
    {
        float* second = source + sourceStep;
        float* third = second + sourceStep;
        float* fourth = third + sourceStep;
        Prefetch(source, sourceStep, 4);
        int i = 0;
        for (; i <= count - 4; i += 4)
        {
            Vector128<float> a = Vector128.Load(source + i);
            Vector128<float> b = Vector128.Load(second + i);
            Vector128<float> c = Vector128.Load(third + i);
            Vector128<float> d = Vector128.Load(fourth + i);
            Vector128<float> lowAb = Sse.UnpackLow(a, b);
            Vector128<float> lowCd = Sse.UnpackLow(c, d);
            Vector128<float> highAb = Sse.UnpackHigh(a, b);
            Vector128<float> highCd = Sse.UnpackHigh(c, d);
            Sse.MoveLowToHigh(lowAb, lowCd).Store(target);
            Sse.MoveHighToLow(lowCd, lowAb).Store(target + targetStep);
            Sse.MoveLowToHigh(highAb, highCd).Store(target + (2 * targetStep));
            Sse.MoveHighToLow(highCd, highAb).Store(target + (3 * targetStep));
            target += 4 * targetStep;
        }

        for (; i < count; i++, target += targetStep)
        {
            target[0] = source[i];
            target[1] = second[i];
            target[2] = third[i];
            target[3] = fourth[i];
        }
    }
}
