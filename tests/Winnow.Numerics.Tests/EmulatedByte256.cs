using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Numerics.Kernels;

namespace Winnow.Numerics.Tests;

/// <summary>
/// The arithmetic of <see cref="Byte256"/> with plain AVX2, so that everything around that one instruction is tested on machines
/// without it.
/// </summary>
internal readonly unsafe struct EmulatedByte256 : IDot<Vector256<int>>
{
    public static int Lanes => 8;

    public static Vector256<int> Start(int* start) => Vector256.Load(start);

    public static Vector256<int> Load(uint* slots) => Vector256.Load((int*)slots);

    public static Vector256<int> Broadcast(uint* slot) => Vector256.Create(*(int*)slot);

    public static Vector256<int> Multiply(Vector256<int> a, Vector256<int> b, Vector256<int> sum)
    {
        Vector256<short> evenB = Vector256.ShiftRightArithmetic(Vector256.ShiftLeft(b.AsInt16(), 8), 8);
        Vector256<short> oddB = Vector256.ShiftRightArithmetic(b.AsInt16(), 8);
        Vector256<short> evenA = a.AsInt16() & Vector256.Create((short)0xFF);
        Vector256<short> oddA = Vector256.ShiftRightLogical(a.AsInt16(), 8);
        return sum + Avx2.MultiplyAddAdjacent(evenA, evenB) + Avx2.MultiplyAddAdjacent(oddA, oddB);
    }

    public static Vector256<int> Add(Vector256<int> sum, Vector256<int> product) => product;

    public static Vector256<int> LoadScales(float* scales) => Vector256.Load((int*)scales);

    public static void Finish(Vector256<int> sum, float* c, bool store, float* rowScale, Vector256<int> columnScales) =>
        Scaling256.Finish(sum, c, store, rowScale, columnScales);
}
