using System.Numerics;
using System.Runtime.InteropServices;

namespace Winnow.Primitives;

/// <summary>The largest of several rows, place by place.</summary>
public static class RunningMaximum
{
    /// <summary>Takes over, place by place, what is above the best so far, and whose it is; on ties the earlier stays.</summary>
    /// <param name="values">One value a place.</param>
    /// <param name="scale">What they are multiplied with before they are compared.</param>
    /// <param name="owner">Whose they are.</param>
    /// <param name="best">The largest so far.</param>
    /// <param name="owners">Whose those are.</param>
    public static void Raise(ReadOnlySpan<double> values, double scale, int owner, Span<double> best, Span<long> owners)
    {
        var scales = new Vector<double>(scale);
        var own = new Vector<long>(owner);
        ref double value = ref MemoryMarshal.GetReference(values), highest = ref MemoryMarshal.GetReference(best[..values.Length]);
        ref long holder = ref MemoryMarshal.GetReference(owners[..values.Length]);
        int i = 0;
        for (; i <= values.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            Vector<double> scaled = Vector.LoadUnsafe(ref value, (nuint)i) * scales, held = Vector.LoadUnsafe(ref highest, (nuint)i);
            Vector<long> higher = Vector.GreaterThan(scaled, held);
            if (higher == Vector<long>.Zero)
                continue;
            Vector.ConditionalSelect(higher, scaled, held).StoreUnsafe(ref highest, (nuint)i);
            Vector.ConditionalSelect(higher, own, Vector.LoadUnsafe(ref holder, (nuint)i)).StoreUnsafe(ref holder, (nuint)i);
        }
        for (; i < values.Length; i++)
            if (values[i] * scale > best[i])
                (best[i], owners[i]) = (values[i] * scale, owner);
    }
}
