using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Numerics.Kernels;

/// <summary>Rounds activations to int8 steps: per row and group, <c>scale = max |x| / 127</c> and <c>step = round(x / scale)</c>.</summary>
internal static unsafe class ActivationQuantizer
{
    /// <summary>Rounds to the nearest step, ties to even; every path gives the same integers.</summary>
    /// <param name="x">Input values.</param>
    /// <param name="count">How many.</param>
    /// <param name="inverse">Steps per unit.</param>
    /// <param name="steps">Receives the steps as 32-bit integers.</param>
    public static void Round(float* x, int count, float inverse, int* steps)
    {
        // Adding 1.5 x 2^23 leaves the value, rounded to nearest even, in the low bits of the sum.
        const float Magic = 12582912f;
        Vector<float> factor = new(inverse);
        Vector<float> magic = new(Magic);
        Vector<int> bias = magic.As<float, int>();
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> shifted = (Vector.Load(x + i) * factor) + magic;
            Vector.Store(shifted.As<float, int>() - bias, steps + i);
        }

        for (; i < count; i++)
        {
            steps[i] = BitConverter.SingleToInt32Bits((x[i] * inverse) + Magic) - BitConverter.SingleToInt32Bits(Magic);
        }
    }

    /// <summary>The largest magnitude of a group.</summary>
    public static float LargestMagnitude(float* x, int count)
    {
        int i = 0;
        Vector<float> first = Vector<float>.Zero, second = first, third = first, fourth = first;
        for (; i <= count - (4 * Vector<float>.Count); i += 4 * Vector<float>.Count)
        {
            if (Sse.IsSupported)
            {
                // The processor's own prefetching stops at every page.
                Sse.Prefetch0(x + i + 512);
                Sse.Prefetch0(x + i + 528);
            }

            first = Vector.MaxNative(first, Vector.Abs(Vector.Load(x + i)));
            second = Vector.MaxNative(second, Vector.Abs(Vector.Load(x + i + Vector<float>.Count)));
            third = Vector.MaxNative(third, Vector.Abs(Vector.Load(x + i + (2 * Vector<float>.Count))));
            fourth = Vector.MaxNative(fourth, Vector.Abs(Vector.Load(x + i + (3 * Vector<float>.Count))));
        }

        float largest = Across(Vector.MaxNative(Vector.MaxNative(first, second), Vector.MaxNative(third, fourth)));
        for (; i < count; i++)
        {
            largest = Math.Max(largest, Math.Abs(x[i]));
        }

        return largest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Across(Vector<float> value)
    {
        if (Vector<float>.Count == Vector256<float>.Count)
        {
            Vector256<float> wide = value.AsVector256();
            Vector128<float> half = Vector128.MaxNative(wide.GetLower(), wide.GetUpper());
            half = Vector128.MaxNative(half, Vector128.Shuffle(half, Vector128.Create(2, 3, 0, 1)));
            half = Vector128.MaxNative(half, Vector128.Shuffle(half, Vector128.Create(1, 0, 3, 2)));
            return half.ToScalar();
        }

        float largest = value[0];
        for (int lane = 1; lane < Vector<float>.Count; lane++)
        {
            largest = Math.Max(largest, value[lane]);
        }

        return largest;
    }
}
