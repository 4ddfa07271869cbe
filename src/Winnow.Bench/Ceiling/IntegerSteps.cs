using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Bench.Ceiling;

/// <summary>Unsigned by signed bytes, summed by fours (<c>vpdpbusd</c> of AVX-VNNI), in 256-bit registers.</summary>
internal readonly struct Bytes256 : IPeakStep<Vector256<int>>
{
    public static int Operations => 2 * Vector256<byte>.Count;

    public static Vector256<int> Start(int value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Step(Vector256<int> sum, Vector256<int> a, Vector256<int> b) =>
        AvxVnni.MultiplyWideningAndAdd(sum, a.AsByte(), b.AsSByte());

    public static double Fold(Vector256<int> sum) => Vector256.Sum(sum);
}

/// <summary>Pairs of 16-bit values (<c>vpmaddwd</c>) and a sum, in 512-bit registers.</summary>
internal readonly struct Pairs512 : IPeakStep<Vector512<int>>
{
    public static int Operations => 2 * Vector512<short>.Count;

    public static Vector512<int> Start(int value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Step(Vector512<int> sum, Vector512<int> a, Vector512<int> b) =>
        sum + Avx512BW.MultiplyAddAdjacent((sum ^ a).AsInt16(), b.AsInt16());

    public static double Fold(Vector512<int> sum) => Vector512.Sum(sum);
}

/// <summary>Pairs of 16-bit values (<c>vpmaddwd</c>) and a sum, in 256-bit registers.</summary>
internal readonly struct Pairs256 : IPeakStep<Vector256<int>>
{
    public static int Operations => 2 * Vector256<short>.Count;

    public static Vector256<int> Start(int value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Step(Vector256<int> sum, Vector256<int> a, Vector256<int> b) =>
        sum + Avx2.MultiplyAddAdjacent((sum ^ a).AsInt16(), b.AsInt16());

    public static double Fold(Vector256<int> sum) => Vector256.Sum(sum);
}

/// <summary>32-bit multiplication and sum, in registers of whatever width the runtime offers.</summary>
internal readonly struct IntegersPortable : IPeakStep<Vector<int>>
{
    public static int Operations => 2 * Vector<int>.Count;

    public static Vector<int> Start(int value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<int> Step(Vector<int> sum, Vector<int> a, Vector<int> b) => (sum * a) + b;

    public static double Fold(Vector<int> sum) => Vector.Sum(sum);
}
