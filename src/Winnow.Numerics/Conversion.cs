namespace Winnow.Numerics;

/// <summary>Stored weights to f32.</summary>
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
                for (int i = 0; i < count; i++)
                {
                    target[i] = (float)((Half*)source)[i];
                }

                break;
            case WeightType.BF16:
                for (int i = 0; i < count; i++)
                {
                    target[i] = BitConverter.UInt32BitsToSingle((uint)((ushort*)source)[i] << 16);
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Only row-major types convert element by element.");
        }
    }
}
