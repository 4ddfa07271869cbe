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

    /// <summary>
    /// Runs <paramref name="repeats"/> x <see cref="ProductsPerRun"/> products; the result only keeps the work from being left out.
    /// </summary>
    public static float Run(int repeats)
    {
        float* memory = stackalloc float[64];
        new Span<float>(memory, 64).Clear();
        TVector x = TDot.Broadcast((uint*)memory);
        TVector a = TDot.Start((int*)memory), b = a, c = a, d = a, e = a, f = a, g = a, h = a, i = a, j = a, k = a, l = a;
        for (int run = 0; run < repeats * RunsPerRepeat; run++)
        {
            // Each product takes another sum as its operand, so that it cannot be computed once and for all.
            Four(x, e, f, g, h, ref a, ref b, ref c, ref d);
            Four(x, i, j, k, l, ref e, ref f, ref g, ref h);
            Four(x, a, b, c, d, ref i, ref j, ref k, ref l);
        }

        // One after another rather than in a loop: nothing may make the JIT keep the sums in memory.
        Finish(memory, a, b, c);
        Finish(memory, d, e, f);
        Finish(memory, g, h, i);
        Finish(memory, j, k, l);
        return memory[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(float* memory, TVector a, TVector b, TVector c)
    {
        TDot.Finish(a, memory, false, memory, a);
        TDot.Finish(b, memory, false, memory, a);
        TDot.Finish(c, memory, false, memory, a);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four(
        TVector x,
        TVector p,
        TVector q,
        TVector r,
        TVector s,
        ref TVector a,
        ref TVector b,
        ref TVector c,
        ref TVector d)
    {
        p = TDot.Multiply(x, p, a);
        q = TDot.Multiply(x, q, b);
        r = TDot.Multiply(x, r, c);
        s = TDot.Multiply(x, s, d);
        a = TDot.Add(a, p);
        b = TDot.Add(b, q);
        c = TDot.Add(c, r);
        d = TDot.Add(d, s);
    }
}
