using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Numerics.Kernels;

/// <summary>
/// Products of 16-bit pairs (<c>vpmaddwd</c>) in 512-bit registers: 32 multiplications per instruction, twice the f32 rate.
/// </summary>
internal readonly unsafe struct Pair512 : IDot<Vector512<int>>
{
    public static int Lanes => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Start(int* start) => Vector512<int>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Load(uint* slots) => Vector512.Load((int*)slots);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Broadcast(uint* slot) => Vector512.Create(*(int*)slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Multiply(Vector512<int> a, Vector512<int> b, Vector512<int> sum) =>
        Avx512BW.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Add(Vector512<int> sum, Vector512<int> product) => sum + product;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> LoadScales(float* scales) => Vector512.Load((int*)scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector512<int> sum, float* c, bool store, float* rowScale, Vector512<int> columnScales)
    {
        Vector512<float> value = Vector512.ConvertToSingle(sum);
        Vector512<float> scale = Vector512.Create(*rowScale) * columnScales.AsSingle();
        (store ? value * scale : Vector512.FusedMultiplyAdd(value, scale, Vector512.Load(c))).Store(c);
    }
}

/// <summary>Products of 16-bit pairs (<c>vpmaddwd</c>) in 256-bit registers.</summary>
internal readonly unsafe struct Pair256 : IDot<Vector256<int>>
{
    public static int Lanes => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Start(int* start) => Vector256<int>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(uint* slots) => Vector256.Load((int*)slots);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Broadcast(uint* slot) => Vector256.Create(*(int*)slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Multiply(Vector256<int> a, Vector256<int> b, Vector256<int> sum) =>
        Avx2.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, Vector256<int> product) => sum + product;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> LoadScales(float* scales) => Vector256.Load((int*)scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector256<int> sum, float* c, bool store, float* rowScale, Vector256<int> columnScales) =>
        Scaling256.Finish(sum, c, store, rowScale, columnScales);
}

/// <summary>
/// Products of unsigned by signed bytes (<c>vpdpbusd</c> of AVX-VNNI) in 256-bit registers: 32 multiplications and their sum per
/// instruction.
/// Activations carry an offset of 128 to be unsigned; each sum starts at minus 128 times its weights' sum to undo that exactly.
/// </summary>
internal readonly unsafe struct Byte256 : IDot<Vector256<int>>
{
    public static int Lanes => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Start(int* start) => Vector256.Load(start);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(uint* slots) => Vector256.Load((int*)slots);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Broadcast(uint* slot) => Vector256.Create(*(int*)slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Multiply(Vector256<int> a, Vector256<int> b, Vector256<int> sum) =>
        AvxVnni.MultiplyWideningAndAdd(sum, a.AsByte(), b.AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, Vector256<int> product) => product;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> LoadScales(float* scales) => Vector256.Load((int*)scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector256<int> sum, float* c, bool store, float* rowScale, Vector256<int> columnScales) =>
        Scaling256.Finish(sum, c, store, rowScale, columnScales);
}

/// <summary>Products of integers held in f32, which are exact: a group's sum stays below 1024 x 127^2 &lt; 2^24.</summary>
internal readonly unsafe struct IntegerPortable : IDot<Vector<float>>
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
    public static Vector<float> LoadScales(float* scales) => Vector.Load(scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector<float> sum, float* c, bool store, float* rowScale, Vector<float> columnScales)
    {
        Vector<float> scale = Vector.Create(*rowScale) * columnScales;
        Vector.Store(store ? sum * scale : Vector.FusedMultiplyAdd(sum, scale, Vector.Load(c)), c);
    }
}

/// <summary>The scaling step that the 256-bit integer products share.</summary>
internal static unsafe class Scaling256
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector256<int> sum, float* c, bool store, float* rowScale, Vector256<int> columnScales)
    {
        Vector256<float> value = Vector256.ConvertToSingle(sum);
        Vector256<float> scale = Vector256.Create(*rowScale) * columnScales.AsSingle();
        (store ? value * scale : Vector256.FusedMultiplyAdd(value, scale, Vector256.Load(c))).Store(c);
    }

    /// <summary>The same for a result that stays in a register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> c, Vector256<int> sum, float* rowScale, float* columnScales) =>
        Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(sum), Vector256.Create(*rowScale) * Vector256.Load(columnScales), c);
}
