using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Bench.Ceiling;

/// <summary>f32 multiply-add in 512-bit registers.</summary>
internal readonly struct Fma512 : IPeakStep<Vector512<float>>
{
    public static int Operations => 2 * Vector512<float>.Count;

    public static Vector512<float> Start(int value) => Vector512.Create(1f / value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Step(Vector512<float> sum, Vector512<float> a, Vector512<float> b) =>
        Vector512.FusedMultiplyAdd(sum, a, b);

    public static double Fold(Vector512<float> sum) => Vector512.Sum(sum);
}

/// <summary>f32 multiply-add in 256-bit registers.</summary>
internal readonly struct Fma256 : IPeakStep<Vector256<float>>
{
    public static int Operations => 2 * Vector256<float>.Count;

    public static Vector256<float> Start(int value) => Vector256.Create(1f / value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Step(Vector256<float> sum, Vector256<float> a, Vector256<float> b) =>
        Vector256.FusedMultiplyAdd(sum, a, b);

    public static double Fold(Vector256<float> sum) => Vector256.Sum(sum);
}

/// <summary>f32 multiply-add in registers of whatever width the runtime offers.</summary>
internal readonly struct FmaPortable : IPeakStep<Vector<float>>
{
    public static int Operations => 2 * Vector<float>.Count;

    public static Vector<float> Start(int value) => new(1f / value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Step(Vector<float> sum, Vector<float> a, Vector<float> b) => Vector.FusedMultiplyAdd(sum, a, b);

    public static double Fold(Vector<float> sum) => Vector.Sum(sum);
}
