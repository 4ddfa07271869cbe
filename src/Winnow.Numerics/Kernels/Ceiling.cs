using System.Runtime.CompilerServices;

namespace Winnow.Numerics.Kernels;

/// <summary>The instructions of a product on registers alone, as many independent chains as hide their latency.</summary>
internal static unsafe class Ceiling<TDot, TVector>
    where TDot : struct, IDot<TVector>
    where TVector : struct
{
    /// <summary>Products per repetition.</summary>
    public const int ProductsPerRun = RunsPerRepeat * 12;

    private const int RunsPerRepeat = 50;

    /// <summary>Runs <paramref name="repeats"/> x <see cref="ProductsPerRun"/> products; the result only keeps the work from being left out.</summary>
    public static float Run(int repeats)
    {
        float* memory = stackalloc float[64];
        new Span<float>(memory, 64).Clear();
        TVector x = TDot.Broadcast((uint*)memory);
        TVector a = TDot.Start((int*)memory), b = a, c = a, d = a, e = a, f = a, g = a, h = a, i = a, j = a, k = a, l = a;
        for (int run = 0; run < repeats * RunsPerRepeat; run++)
        {
            // Each product takes another sum as its operand, so that it cannot be computed once and for all.
            Three(x, d, e, f, ref a, ref b, ref c);
            Three(x, g, h, i, ref d, ref e, ref f);
            Three(x, j, k, l, ref g, ref h, ref i);
            Three(x, a, b, c, ref j, ref k, ref l);
        }

        float total = 0;
        foreach (TVector sum in (ReadOnlySpan<TVector>)[a, b, c, d, e, f, g, h, i, j, k, l])
        {
            TDot.Finish(sum, memory, true, 1, memory);
            total += memory[0];
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Three(TVector x, TVector p, TVector q, TVector r, ref TVector a, ref TVector b, ref TVector c)
    {
        p = TDot.Multiply(x, p, a);
        q = TDot.Multiply(x, q, b);
        r = TDot.Multiply(x, r, c);
        a = TDot.Add(a, p);
        b = TDot.Add(b, q);
        c = TDot.Add(c, r);
    }
}
