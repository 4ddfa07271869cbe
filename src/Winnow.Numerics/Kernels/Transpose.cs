using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Numerics.Kernels;

/// <summary>Turns rows of 32-bit elements into columns: <c>target[i][row] = source[row][i]</c>.</summary>
internal static unsafe class Transpose
{
    /// <summary>Transposes a matrix of any size.</summary>
    /// <param name="source">[rows, count], rows <paramref name="sourceStep"/> elements apart.</param>
    /// <param name="sourceStep">Elements from one source row to the next.</param>
    /// <param name="rows">Source rows.</param>
    /// <param name="count">Elements per source row.</param>
    /// <param name="target">[count, rows], rows <paramref name="targetStep"/> elements apart.</param>
    /// <param name="targetStep">Elements from one target row to the next.</param>
    public static void Run(uint* source, nint sourceStep, int rows, int count, uint* target, nint targetStep)
    {
        int row = 0;
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

    private static void FourRows(float* source, nint sourceStep, int count, float* target, nint targetStep)
    {
        float* second = source + sourceStep;
        float* third = second + sourceStep;
        float* fourth = third + sourceStep;
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
