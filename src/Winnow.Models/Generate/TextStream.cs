using System.Buffers;
using System.Text;
using Winnow.Models.Tokenize;

namespace Winnow.Models.Generate;

/// <summary>Turns generated ids into text as they come, never cutting a character. One per answer.</summary>
/// <remarks>
/// A character is often spread over several tokens: its bytes are held back until it is whole. All parts together, with <see
/// cref="Flush"/>, are what <see cref="BpeTokenizer.Decode"/> gives for all ids at once.
/// </remarks>
/// <param name="tokenizer">Knows the bytes of each id.</param>
/// <param name="skipSpecial">Whether special tokens are left out.</param>
public sealed class TextStream(BpeTokenizer tokenizer, bool skipSpecial = true)
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>Takes one id.</summary>
    /// <returns>The characters that became whole; empty if none did.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The id has no text.</exception>
    public string Push(int id)
    {
        _bytes.ResetWrittenCount();
        tokenizer.AppendBytes(id, skipSpecial, _bytes);
        return Decode(flush: false);
    }

    /// <summary>Ends the text.</summary>
    /// <returns>U+FFFD for a character that was never finished; otherwise empty.</returns>
    public string Flush()
    {
        _bytes.ResetWrittenCount();
        return Decode(flush: true);
    }

    private string Decode(bool flush)
    {
        char[] characters = new char[Encoding.UTF8.GetMaxCharCount(_bytes.WrittenCount)];
        int count = _decoder.GetChars(_bytes.WrittenSpan, characters, flush);
        return new string(characters, 0, count);
    }
}
