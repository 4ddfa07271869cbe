using System.Numerics;
using System.Runtime.InteropServices;

namespace Winnow.Primitives;

/// <summary>Few values among many: those above a limit once they are weighted.</summary>
internal static class Exceeding
{
    /// <summary>The first place from a given one on whose value, times its factor, times the scale, is above the limit; the number of values
    /// where there is none. No value is NaN; the scale is positive.</summary>
    public static int Next(ReadOnlySpan<float> values, ReadOnlySpan<float> factors, float scale, int from, float limit)
    {
        (Vector<float> scales, Vector<float> limits) = (new Vector<float>(scale), new Vector<float>(limit));
        ref float value = ref MemoryMarshal.GetReference(values), factor = ref MemoryMarshal.GetReference(factors[..values.Length]);
        int i = from;
        for (; i <= values.Length - 4 * Vector<float>.Count; i += 4 * Vector<float>.Count)
        {
            Vector<float> first = Vector.Max(At(ref value, ref factor, i), At(ref value, ref factor, i + Vector<float>.Count));
            Vector<float> second = Vector.Max(
                At(ref value, ref factor, i + 2 * Vector<float>.Count), At(ref value, ref factor, i + 3 * Vector<float>.Count));
            if (Vector.GreaterThanAny(Vector.Max(first, second) * scales, limits))
                break;
        }
        while (i < values.Length && !(values[i] * factors[i] * scale > limit))
            i++;
        return i;
    }

    /// <summary>The largest product of a value and its factor.</summary>
    public static float Highest(ReadOnlySpan<float> values, ReadOnlySpan<float> factors)
    {
        ref float value = ref MemoryMarshal.GetReference(values), factor = ref MemoryMarshal.GetReference(factors[..values.Length]);
        var highest = new Vector<float>(float.NegativeInfinity);
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
            highest = Vector.Max(highest, At(ref value, ref factor, i));
        float result = float.NegativeInfinity;
        for (int lane = 0; lane < Vector<float>.Count; lane++)
            result = Math.Max(result, highest[lane]);
        for (; i < values.Length; i++)
            result = Math.Max(result, values[i] * factors[i]);
        return result;
    }

    private static Vector<float> At(ref float value, ref float factor, int place) =>
        Vector.LoadUnsafe(ref value, (nuint)place) * Vector.LoadUnsafe(ref factor, (nuint)place);
}
