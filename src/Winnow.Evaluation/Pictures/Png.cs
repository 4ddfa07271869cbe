using System.Buffers.Binary;
using System.IO.Compression;
using Winnow.Video;

namespace Winnow.Evaluation.Pictures;

/// <summary>Writes pictures as PNG (ISO/IEC 15948): 8-bit RGB, every line predicted from the one above it.</summary>
public static class Png
{
    private const byte Up = 2;
    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    /// <summary>Encodes a picture.</summary>
    public static byte[] Encode(Frame picture)
    {
        using var file = new MemoryStream();
        file.Write(Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, picture.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], picture.Height);
        (header[8], header[9]) = (8, 2);
        WriteChunk(file, "IHDR"u8, header);
        WriteChunk(file, "IDAT"u8, Compress(picture));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static byte[] Compress(Frame picture)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            int stride = picture.Width * 3;
            byte[] line = new byte[stride];
            for (int row = 0; row < picture.Height; row++)
            {
                ReadOnlySpan<byte> pixels = picture.Pixels.AsSpan(row * stride, stride);
                ReadOnlySpan<byte> above = row == 0 ? new byte[stride] : picture.Pixels.AsSpan((row - 1) * stride, stride);
                for (int i = 0; i < stride; i++)
                    line[i] = (byte)(pixels[i] - above[i]);
                zlib.WriteByte(Up);
                zlib.Write(line);
            }
        }
        return packed.ToArray();
    }

    private static void WriteChunk(Stream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        file.Write(type);
        file.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Check(Check(uint.MaxValue, type), content));
        file.Write(number);
    }

    /// <summary>CRC-32 of the standard, its register carried on.</summary>
    private static uint Check(uint register, ReadOnlySpan<byte> bytes)
    {
        const uint Polynomial = 0xedb88320;
        foreach (byte value in bytes)
        {
            register ^= value;
            for (int bit = 0; bit < 8; bit++)
                register = (register & 1) != 0 ? Polynomial ^ (register >> 1) : register >> 1;
        }
        return register;
    }
}
