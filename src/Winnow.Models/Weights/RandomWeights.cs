using System.Runtime.InteropServices;
using Winnow.Numerics;

namespace Winnow.Models.Weights;

/// <summary>Weights of any shape, made up: for measuring a configuration whose checkpoint is not at hand.</summary>
/// <remarks>
/// Matrices are uniform, so scaled that a product keeps its input's magnitude; norm weights are one, biases and newline zero. The values
/// repeat after a while, on which neither speed nor memory depends.
/// </remarks>
public sealed class RandomWeights : IWeightSource
{
    // A prime, so that no two rows of a matrix of the usual widths are alike.
    private const int Period = 1_048_573;
    private readonly WeightType _type;
    private readonly Compute _compute;
    private readonly float[] _pattern = new float[Period];

    /// <summary>Prepares the values.</summary>
    /// <param name="type">
    /// How matrices are stored; tables and what int8 is rounded from are F16 where this is <see cref="WeightType.Int8"/>.
    /// </param>
    /// <param name="seed">Same seed, same weights.</param>
    /// <param name="compute">Threads to quantise on.</param>
    public RandomWeights(WeightType type, int seed, Compute compute)
    {
        (_type, _compute) = (type, compute);
        var random = new Random(seed);
        for (int i = 0; i < Period; i++)
            _pattern[i] = 2 * random.NextSingle() - 1;
    }

    /// <summary>Whether a model would find the tensor: every one but the tower's pooling head.</summary>
    public bool Has(string name) => !name.StartsWith("vision.head.", StringComparison.Ordinal);

    /// <inheritdoc/>
    public WeightMatrix Matrix(string name, params ReadOnlySpan<int> shape)
    {
        (int rows, int columns) = (shape[0], (int)Product(shape[1..]));
        if (_type != WeightType.Int8)
            return Fill(_type, rows, columns).Matrix;
        (WeightMatrix matrix, AlignedBuffer memory) = Fill(WeightType.F16, rows, columns);
        using (memory)
            return matrix.Quantize(_compute);
    }

    /// <inheritdoc/>
    public WeightMatrix Table(string name, int rows, int columns) =>
        Fill(_type == WeightType.Int8 ? WeightType.F16 : _type, rows, columns).Matrix;

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

    private unsafe (WeightMatrix Matrix, AlignedBuffer Memory) Fill(WeightType type, int rows, int columns)
    {
        ReadOnlySpan<byte> pattern = Encode(type, MathF.Sqrt(3f / columns));
        long bytes = (long)rows * columns * (pattern.Length / Period);
        var memory = new AlignedBuffer(bytes);
        for (long start = 0; start < bytes; start += pattern.Length)
        {
            int length = (int)Math.Min(pattern.Length, bytes - start);
            pattern[..length].CopyTo(new Span<byte>((byte*)memory.Pointer + start, length));
        }
        return (WeightMatrix.FromMemory(type, rows, columns, memory.Pointer, memory), memory);
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
