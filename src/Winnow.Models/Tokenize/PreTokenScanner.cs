using System.Globalization;
using System.Text;

namespace Winnow.Models.Tokenize;

/// <summary>Cuts well-formed text into pre-tokens, which merges never cross.</summary>
/// <remarks>
/// Equal to matching, again and again, the Qwen2 expression <see cref="Expression"/>. Written over code points because .NET's
/// <c>Regex</c> matches UTF-16 units: there letters beyond U+FFFF are no letters and an emoji is two characters, which moves the cuts.
/// </remarks>
internal ref struct PreTokenScanner(ReadOnlySpan<char> text)
{
    /// <summary>The expression as tokenizer.json writes it; any other one would need another scanner.</summary>
    public const string Expression =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private readonly ReadOnlySpan<char> _text = text;
    private int _start;
    private int _end;

    private enum Kind
    {
        Letter,
        Number,
        Space,
        Other,
    }

    /// <summary>The piece last found.</summary>
    public readonly ReadOnlySpan<char> Current => _text[_start.._end];

    /// <summary>Finds the next piece; pieces follow each other without gaps.</summary>
    /// <returns>False at the end of the text.</returns>
    public bool MoveNext()
    {
        _start = _end;
        if (_start == _text.Length)
            return false;
        _end = EndOfPiece(_start);
        return true;
    }

    private readonly int EndOfPiece(int start)
    {
        int contraction = ContractionLength(_text[start..]);
        if (contraction > 0)
            return start + contraction;
        Kind kind = KindAt(start, out int width);
        int next = start + width;
        if (kind == Kind.Letter)
            return EndOfRun(Kind.Letter, next);
        if (kind == Kind.Number)
            return next;
        if (!IsLineBreak(_text[start]) && IsAt(Kind.Letter, next))
            return EndOfRun(Kind.Letter, next);
        if (kind == Kind.Other || (_text[start] == ' ' && IsAt(Kind.Other, next)))
            return EndOfLineBreaks(EndOfRun(Kind.Other, next));
        return EndOfSpace(start);
    }

    private readonly int EndOfSpace(int start)
    {
        int end = EndOfRun(Kind.Space, start);
        int lastBreak = _text[start..end].LastIndexOfAny('\r', '\n');
        if (lastBreak >= 0)
            return start + lastBreak + 1;
        // All white space is in the basic plane, so one char is one character. The last one goes with what follows, unless it is alone.
        return end == _text.Length || end - start == 1 ? end : end - 1;
    }

    private readonly int EndOfRun(Kind kind, int position)
    {
        while (position < _text.Length && KindAt(position, out int width) == kind)
            position += width;
        return position;
    }

    private readonly int EndOfLineBreaks(int position)
    {
        while (position < _text.Length && IsLineBreak(_text[position]))
            position++;
        return position;
    }

    private readonly bool IsAt(Kind kind, int position) => position < _text.Length && KindAt(position, out _) == kind;

    private readonly Kind KindAt(int position, out int width)
    {
        char first = _text[position];
        width = 1;
        if (char.IsAscii(first))
        {
            if (char.IsAsciiLetter(first))
                return Kind.Letter;
            return char.IsAsciiDigit(first) ? Kind.Number : char.IsWhiteSpace(first) ? Kind.Space : Kind.Other;
        }
        Rune.DecodeFromUtf16(_text[position..], out Rune rune, out width);
        if (Rune.IsWhiteSpace(rune))
            return Kind.Space;
        return Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Kind.Other,
        };
    }

    private static bool IsLineBreak(char value) => value is '\r' or '\n';

    private static int ContractionLength(ReadOnlySpan<char> text) => text switch
    {
        // U+017F, the long s, is an s when case is ignored.
        ['\'', 's' or 'S' or '\u017F' or 't' or 'T' or 'm' or 'M' or 'd' or 'D', ..] => 2,
        ['\'', 'r' or 'R' or 'v' or 'V', 'e' or 'E', ..] or ['\'', 'l' or 'L', 'l' or 'L', ..] => 3,
        _ => 0,
    };
}
