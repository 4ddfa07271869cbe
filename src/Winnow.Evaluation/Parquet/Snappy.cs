namespace Winnow.Evaluation.Parquet;

/// <summary>Unpacks Snappy's raw format (google/snappy, format_description.txt).</summary>
internal static class Snappy
{
    /// <summary>Unpacks a block.</summary>
    /// <exception cref="InvalidDataException">The bytes are no such block.</exception>
    public static byte[] Unpack(ReadOnlySpan<byte> packed)
    {
        int at = 0;
        byte[] result = new byte[ReadLength(packed, ref at)];
        int written = 0;
        while (at < packed.Length)
        {
            int tag = packed[at++];
            if ((tag & 3) == 0)
            {
                int length = (tag >> 2) + 1;
                if (length > 60)
                    length = ReadLittleEndian(packed, ref at, length - 60) + 1;
                Need(length <= packed.Length - at && length <= result.Length - written);
                packed.Slice(at, length).CopyTo(result.AsSpan(written));
                (at, written) = (at + length, written + length);
                continue;
            }
            (int count, int distance) = (tag & 3) switch
            {
                1 => (((tag >> 2) & 7) + 4, (tag >> 5 << 8) | ReadLittleEndian(packed, ref at, 1)),
                2 => ((tag >> 2) + 1, ReadLittleEndian(packed, ref at, 2)),
                _ => ((tag >> 2) + 1, ReadLittleEndian(packed, ref at, 4)),
            };
            Need(distance > 0 && distance <= written && count <= result.Length - written);
            // Source and target may overlap: the bytes just written are repeated.
            for (int end = written + count; written < end; written++)
                result[written] = result[written - distance];
        }
        Need(written == result.Length);
        return result;
    }

    private static int ReadLength(ReadOnlySpan<byte> packed, ref int at)
    {
        int value = 0;
        for (int shift = 0; shift < 32; shift += 7)
        {
            Need(at < packed.Length);
            byte next = packed[at++];
            value |= (next & 127) << shift;
            if (next < 128)
                break;
        }
        Need(value >= 0);
        return value;
    }

    private static int ReadLittleEndian(ReadOnlySpan<byte> packed, ref int at, int bytes)
    {
        Need(bytes <= packed.Length - at);
        int value = 0;
        for (int i = 0; i < bytes; i++)
            value |= packed[at++] << (8 * i);
        Need(value >= 0);
        return value;
    }

    private static void Need(bool holds)
    {
        if (!holds)
            throw new InvalidDataException("a Snappy block is damaged");
    }
}
