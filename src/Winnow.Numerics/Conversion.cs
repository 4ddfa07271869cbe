using System.Runtime.Intrinsics;

namespace Winnow.Numerics;

/// <summary>Stored weights to f32, exactly.</summary>
internal static unsafe class Conversion
{
    /// <summary>Converts <paramref name="count"/> row-major elements of an F32, F16 or BF16 matrix.</summary>
    public static void ToSingle(WeightType type, void* source, int count, float* target)
    {
        switch (type)
        {
            case WeightType.F32:
                new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(target, count));
                break;
            case WeightType.F16:
                HalfToSingle((ushort*)source, count, target);
                break;
            case WeightType.BF16:
                BrainToSingle((ushort*)source, count, target);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Only row-major types convert element by element.");
        }
    }

    /// <summary>Sixteen halves, given as 32-bit integers.</summary>
    /// <remarks>
    /// The bits below the sign, moved to where f32 has them, are the value times 2^-112, subnormals included; infinity and
    /// not-a-number, whose exponent is all ones, must get f32's all-ones exponent instead.
    /// </remarks>
    internal static Vector512<float> HalfToSingle(Vector512<uint> bits)
    {
        Vector512<uint> sign = (bits & Vector512.Create(0x8000u)) << 16;
        Vector512<uint> magnitude = (bits & Vector512.Create(0x7FFFu)) << 13;
        Vector512<float> value = magnitude.AsSingle() * Vector512.Create(5.192296858534828e33f);
        Vector512<uint> special = Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(0x0F800000u)) & Vector512.Create(0x7F800000u);
        return (value.AsUInt32() | special | sign).AsSingle();
    }

    private static void HalfToSingle(ushort* source, int count, float* target)
    {
        int i = 0;
        for (; i <= count - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.Load(source + i));
            HalfToSingle(Vector512.Create(low, high)).Store(target + i);
        }

        for (; i < count; i++)
        {
            target[i] = (float)BitConverter.UInt16BitsToHalf(source[i]);
        }
    }

    private static void BrainToSingle(ushort* source, int count, float* target)
    {
        int i = 0;
        for (; i <= count - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.Load(source + i));
            (low << 16).AsSingle().Store(target + i);
            (high << 16).AsSingle().Store(target + i + Vector256<float>.Count);
        }

        for (; i < count; i++)
        {
            target[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }
    }
}
