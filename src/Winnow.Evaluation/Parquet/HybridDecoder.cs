namespace Winnow.Evaluation.Parquet;

/// <summary>Reads Parquet's mixture of runs and bit-packed groups, in which levels and dictionary indices are kept.</summary>
internal static class HybridDecoder
{
    /// <summary>Decodes numbers.</summary>
    /// <param name="bytes">The encoded numbers, to their end or beyond it.</param>
    /// <param name="width">Bits of a number, 0 to 32.</param>
    /// <param name="count">How many numbers.</param>
    /// <exception cref="InvalidDataException">The bytes end too early.</exception>
    public static int[] Decode(ReadOnlySpan<byte> bytes, int width, int count)
    {
        int[] values = new int[count];
        if (width == 0)
            return values;
        int at = 0, filled = 0;
        while (filled < count)
        {
            uint head = ReadVariable(bytes, ref at);
            if ((head & 1) == 0)
            {
                int length = (int)Math.Min(head >> 1, (uint)(count - filled)), value = ReadRun(bytes, ref at, (width + 7) / 8);
                values.AsSpan(filled, length).Fill(value);
                filled += length;
            }
            else
            {
                // Groups of eight; the last one may be padded beyond the numbers that are wanted.
                int groups = (int)(head >> 1), wanted = Math.Min(groups * 8, count - filled);
                for (int i = 0; i < wanted; i++)
                    values[filled++] = ReadBits(bytes, (long)at * 8 + (long)i * width, width);
                at += groups * width;
            }
        }
        return values;
    }

    private static int ReadRun(ReadOnlySpan<byte> bytes, ref int at, int size)
    {
        int value = ReadBits(bytes, (long)at * 8, size * 8);
        at += size;
        return value;
    }

    private static int ReadBits(ReadOnlySpan<byte> bytes, long firstBit, int width)
    {
        uint value = 0;
        for (int i = 0; i < width; i++)
        {
            long bit = firstBit + i;
            if (bit / 8 >= bytes.Length)
                throw new InvalidDataException("a page ends too early");
            value |= (uint)((bytes[(int)(bit / 8)] >> (int)(bit % 8)) & 1) << i;
        }
        return (int)value;
    }

    private static uint ReadVariable(ReadOnlySpan<byte> bytes, ref int at)
    {
        uint value = 0;
        for (int shift = 0; shift < 32; shift += 7)
        {
            if (at >= bytes.Length)
                throw new InvalidDataException("a page ends too early");
            byte next = bytes[at++];
            value |= (uint)(next & 127) << shift;
            if (next < 128)
                break;
        }
        return value;
    }
}
