using System.Buffers;
using System.Text;

namespace Winnow.Models.Tokenize;

/// <summary>The printable characters that byte-level vocabularies write bytes with.</summary>
/// <remarks>
/// Bytes 33-126, 161-172 and 174-255 are the character of the same code point; the other 68, ascending, are U+0100 to U+0143.
/// </remarks>
internal static class ByteAlphabet
{
    private const int FirstShifted = 0x100;

    private static readonly char[] CharOfByte = BuildChars();
    private static readonly short[] ByteOfChar = BuildBytes();

    /// <summary>The UTF-8 of the character that stands for a byte.</summary>
    public static byte[] Utf8Of(byte value) => Encoding.UTF8.GetBytes([CharOfByte[value]]);

    /// <summary>Writes bytes in the alphabet, as UTF-8.</summary>
    public static byte[] Spell(ReadOnlySpan<byte> bytes)
    {
        Span<char> characters = new char[bytes.Length];
        for (int i = 0; i < bytes.Length; i++)
            characters[i] = CharOfByte[bytes[i]];
        return Encoding.UTF8.GetBytes(characters.ToArray());
    }

    /// <summary>
    /// Appends what a token stands for: the bytes it spells if every character is of the alphabet, otherwise its own UTF-8.
    /// </summary>
    /// <param name="token">The token's string, as UTF-8.</param>
    /// <param name="output">Where the bytes go.</param>
    public static void AppendMeaning(ReadOnlySpan<byte> token, ArrayBufferWriter<byte> output)
    {
        Span<byte> target = output.GetSpan(Math.Max(token.Length, 1));
        int written = 0;
        for (ReadOnlySpan<byte> rest = token; !rest.IsEmpty;)
        {
            Rune.DecodeFromUtf8(rest, out Rune rune, out int length);
            int value = rune.Value < ByteOfChar.Length ? ByteOfChar[rune.Value] : -1;
            if (value < 0)
            {
                token.CopyTo(target);
                written = token.Length;
                break;
            }
            target[written++] = (byte)value;
            rest = rest[length..];
        }
        output.Advance(written);
    }

    private static char[] BuildChars()
    {
        char[] characters = new char[256];
        int shifted = FirstShifted;
        for (int value = 0; value < characters.Length; value++)
            characters[value] = value is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174 ? (char)value : (char)shifted++;
        return characters;
    }

    private static short[] BuildBytes()
    {
        short[] bytes = new short[CharOfByte.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (int value = 0; value < CharOfByte.Length; value++)
            bytes[CharOfByte[value]] = (short)value;
        return bytes;
    }
}
