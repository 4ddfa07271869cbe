using System.Buffers.Binary;
using System.Text;

namespace Winnow.Evaluation.Parquet;

/// <summary>Reads values that stand one after another.</summary>
internal static class PlainValues
{
    /// <summary>Reads a page's values.</summary>
    /// <param name="bytes">The values.</param>
    /// <param name="type">Parquet's physical type.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="InvalidDataException">The page ends too early, or the type is one that no benchmark uses.</exception>
    public static object[] Read(ReadOnlySpan<byte> bytes, int type, int count)
    {
        object[] values = new object[count];
        int at = 0;
        for (int i = 0; i < count; i++)
            values[i] = type switch
            {
                0 => (Peek(bytes, i / 8, 1)[0] >> (i % 8) & 1) == 1,
                1 => (long)BinaryPrimitives.ReadInt32LittleEndian(Take(bytes, ref at, 4)),
                2 => BinaryPrimitives.ReadInt64LittleEndian(Take(bytes, ref at, 8)),
                4 => (double)BinaryPrimitives.ReadSingleLittleEndian(Take(bytes, ref at, 4)),
                5 => BinaryPrimitives.ReadDoubleLittleEndian(Take(bytes, ref at, 8)),
                6 => Encoding.UTF8.GetString(Take(bytes, ref at, BinaryPrimitives.ReadInt32LittleEndian(Take(bytes, ref at, 4)))),
                _ => throw new InvalidDataException($"a column has the physical type {type}"),
            };
        return values;
    }

    private static ReadOnlySpan<byte> Take(ReadOnlySpan<byte> bytes, ref int at, int count)
    {
        ReadOnlySpan<byte> taken = Peek(bytes, at, count);
        at += count;
        return taken;
    }

    private static ReadOnlySpan<byte> Peek(ReadOnlySpan<byte> bytes, int at, int count) =>
        count >= 0 && count <= bytes.Length - at ? bytes.Slice(at, count) : throw new InvalidDataException("a page ends too early");
}
