using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Winnow.Primitives;

/// <summary>Few values among many: those above a limit once they are weighted.</summary>
internal static class Exceeding
{
    /// <summary>Values that <see cref="Above"/> looks at in one go.</summary>
    public const int Most = 64;

    /// <summary>Which values, times their factors, times the scale, are above the limit: bit i stands for value i. At most
    /// <see cref="Most"/> values, none NaN.</summary>
    public static ulong Above(ReadOnlySpan<float> values, ReadOnlySpan<float> factors, float scale, float limit)
    {
        // Of most stretches none is; the largest tells in half the steps, and rounding keeps the order.
        if (!(Highest(values, factors) * scale > limit))
            return 0;
        (Vector256<float> scales, Vector256<float> limits) = (Vector256.Create(scale), Vector256.Create(limit));
        ref float value = ref MemoryMarshal.GetReference(values), factor = ref MemoryMarshal.GetReference(factors[..values.Length]);
        ulong above = 0;
        int i = 0;
        for (; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            above |= (ulong)Vector256.GreaterThan(At(ref value, ref factor, i) * scales, limits).ExtractMostSignificantBits() << i;
        for (; i < values.Length; i++)
            above |= values[i] * factors[i] * scale > limit ? 1ul << i : 0;
        return above;
    }

    /// <summary>The largest product of a value and its factor.</summary>
    public static float Highest(ReadOnlySpan<float> values, ReadOnlySpan<float> factors)
    {
        ref float value = ref MemoryMarshal.GetReference(values), factor = ref MemoryMarshal.GetReference(factors[..values.Length]);
        Vector256<float> highest = Vector256.Create(float.NegativeInfinity);
        int i = 0;
        for (; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            highest = Vector256.MaxNative(highest, At(ref value, ref factor, i));
        Vector128<float> four = Vector128.MaxNative(highest.GetLower(), highest.GetUpper());
        Vector128<float> two = Vector128.MaxNative(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        float result = Math.Max(two[0], two[1]);
        for (; i < values.Length; i++)
            result = Math.Max(result, values[i] * factors[i]);
        return result;
    }

    private static Vector256<float> At(ref float value, ref float factor, int place) =>
        Vector256.LoadUnsafe(ref value, (nuint)place) * Vector256.LoadUnsafe(ref factor, (nuint)place);
}
