using System.Numerics;

namespace Winnow.Primitives;

/// <summary>Few values among many: those above a limit.</summary>
internal static class Exceeding
{
    /// <summary>The first place from a given one on whose value is above the limit; the number of values where there is none.</summary>
    public static int Next(ReadOnlySpan<float> values, int from, float limit)
    {
        var limits = new Vector<float>(limit);
        int i = from;
        while (i <= values.Length - Vector<float>.Count && !Vector.GreaterThanAny(new Vector<float>(values[i..]), limits))
            i += Vector<float>.Count;
        while (i < values.Length && !(values[i] > limit))
            i++;
        return i;
    }
}
