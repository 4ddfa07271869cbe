using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Numerics.Kernels;

/// <summary>f32 products in 512-bit registers.</summary>
internal readonly unsafe struct Float512 : IDot<Vector512<float>>
{
    public static int Lanes => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Start(int* start) => Vector512<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(uint* slots) => Vector512.Load((float*)slots);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(uint* slot) => Vector512.Create(*(float*)slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b, Vector512<float> sum) =>
        Vector512.FusedMultiplyAdd(a, b, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> sum, Vector512<float> product) => product;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadScales(float* scales) => Vector512<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector512<float> sum, float* c, bool store, float* rowScale, Vector512<float> columnScales) =>
        (store ? sum : sum + Vector512.Load(c)).Store(c);
}

/// <summary>f32 products in 256-bit registers.</summary>
internal readonly unsafe struct Float256 : IDot<Vector256<float>>
{
    public static int Lanes => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Start(int* start) => Vector256<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(uint* slots) => Vector256.Load((float*)slots);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(uint* slot) => Vector256.Create(*(float*)slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b, Vector256<float> sum) =>
        Vector256.FusedMultiplyAdd(a, b, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> sum, Vector256<float> product) => product;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadScales(float* scales) => Vector256<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector256<float> sum, float* c, bool store, float* rowScale, Vector256<float> columnScales) =>
        (store ? sum : sum + Vector256.Load(c)).Store(c);
}

/// <summary>f32 products in the registers of <see cref="Vector{T}"/>.</summary>
internal readonly unsafe struct FloatPortable : IDot<Vector<float>>
{
    public static int Lanes => Vector<float>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Start(int* start) => Vector<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Load(uint* slots) => Vector.Load((float*)slots);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Broadcast(uint* slot) => Vector.Create(*(float*)slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Multiply(Vector<float> a, Vector<float> b, Vector<float> sum) => Vector.FusedMultiplyAdd(a, b, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Add(Vector<float> sum, Vector<float> product) => product;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> LoadScales(float* scales) => Vector<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector<float> sum, float* c, bool store, float* rowScale, Vector<float> columnScales) =>
        Vector.Store(store ? sum : sum + Vector.Load(c), c);
}
