using System.Runtime.InteropServices;
using Winnow.Numerics;

namespace Winnow.Models.Weights;

/// <summary>Weights of any shape, made up: for measuring a configuration whose checkpoint is not at hand.</summary>
/// <remarks>
/// Matrices are uniform, so scaled that a product keeps its input's magnitude; norm weights are one, biases and newline zero. The values
/// repeat after a while, on which neither speed nor memory depends. Int8 steps are made up as they are, not rounded from other values, so
/// that building a model takes no memory beyond the model's.
/// </remarks>
public sealed class RandomWeights : IWeightSource
{
    // A prime, so that no two rows of a matrix of the usual widths are alike.
    private const int Period = 1_048_573;
    private const int GroupSize = 128;
    private readonly WeightType _type;
    private readonly float[] _pattern = new float[Period];
    private readonly Dictionary<string, WeightMatrix> _tables = [];

    /// <summary>Prepares the values.</summary>
    /// <param name="type">How matrices are stored; tables are F16 where this is <see cref="WeightType.Int8"/>.</param>
    /// <param name="seed">Same seed, same weights.</param>
    public RandomWeights(WeightType type, int seed)
    {
        _type = type;
        var random = new Random(seed);
        for (int i = 0; i < Period; i++)
            _pattern[i] = 2 * random.NextSingle() - 1;
    }

    /// <summary>Whether a model would find the tensor: every one but the tower's pooling head.</summary>
    public bool Has(string name) => !name.StartsWith("vision.head.", StringComparison.Ordinal);

    /// <inheritdoc/>
    public WeightMatrix Matrix(string name, params ReadOnlySpan<int> shape)
    {
        if (_tables.TryGetValue(name, out WeightMatrix? table) && table.Type == _type)
            return table;
        (int rows, int columns) = (shape[0], (int)Product(shape[1..]));
        return _type == WeightType.Int8 ? MakeSteps(rows, columns) : MakeValues(_type, rows, columns);
    }

    /// <inheritdoc/>
    public WeightMatrix Table(string name, int rows, int columns) =>
        _tables[name] = MakeValues(_type == WeightType.Int8 ? WeightType.F16 : _type, rows, columns);

    /// <inheritdoc/>
    public float[] Values(string name, params ReadOnlySpan<int> shape)
    {
        float[] values = new float[Product(shape)];
        if (name.EndsWith("weight", StringComparison.Ordinal) && name.Contains("norm", StringComparison.Ordinal))
            Array.Fill(values, 1f);
        return values;
    }

    private static long Product(ReadOnlySpan<int> shape)
    {
        long product = 1;
        foreach (int side in shape)
            product *= side;
        return product;
    }

    private static float Magnitude(int columns) => MathF.Sqrt(3f / columns);

    private unsafe WeightMatrix MakeValues(WeightType type, int rows, int columns)
    {
        ReadOnlySpan<byte> pattern = Encode(type, Magnitude(columns));
        long bytes = (long)rows * columns * (pattern.Length / Period);
        (nint memory, object owner) = WeightMemory.Take(bytes);
        Repeat(pattern, (byte*)memory, bytes);
        return WeightMatrix.FromMemory(type, rows, columns, (void*)memory, owner);
    }

    private unsafe WeightMatrix MakeSteps(int rows, int columns)
    {
        long stepBytes = Int8Layout.DataBytes(rows, columns), scales = Int8Layout.ScaleCount(rows, columns, GroupSize);
        (nint memory, object owner) = WeightMemory.Take(stepBytes + sizeof(float) * scales);
        byte* steps = (byte*)memory;
        Repeat(MemoryMarshal.AsBytes<sbyte>(Array.ConvertAll(_pattern, value => (sbyte)(value * Int8Layout.MaxStep))), steps, stepBytes);
        for (long i = 0; i < scales; i++)
            ((float*)(steps + stepBytes))[i] = Magnitude(columns) / Int8Layout.MaxStep;
        return WeightMatrix.FromInt8(rows, columns, GroupSize, steps, (float*)(steps + stepBytes), owner);
    }

    private static unsafe void Repeat(ReadOnlySpan<byte> pattern, byte* target, long bytes)
    {
        for (long start = 0; start < bytes; start += pattern.Length)
        {
            int length = (int)Math.Min(pattern.Length, bytes - start);
            pattern[..length].CopyTo(new Span<byte>(target + start, length));
        }
    }

    /// <summary>One period of values in a stored type.</summary>
    private ReadOnlySpan<byte> Encode(WeightType type, float scale)
    {
        float[] scaled = Array.ConvertAll(_pattern, value => value * scale);
        return type switch
        {
            WeightType.F16 => MemoryMarshal.AsBytes<Half>(Array.ConvertAll(scaled, value => (Half)value)),
            WeightType.BF16 => MemoryMarshal.AsBytes<ushort>(Array.ConvertAll(scaled, UpperHalf)),
            _ => MemoryMarshal.AsBytes<float>(scaled),
        };
    }

    private static ushort UpperHalf(float value) => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
}
