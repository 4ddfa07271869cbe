using System.Buffers;

namespace Winnow.Models.Tokenize;

/// <summary>Finds added tokens in text: the leftmost first, the longest of those that start at one place, case-sensitively.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly AddedToken[] _longestFirst;
    private readonly SearchValues<char> _firstChars;

    /// <summary>Creates the matcher of a set of tokens, which may be empty.</summary>
    public AddedTokenMatcher(IEnumerable<AddedToken> tokens)
    {
        _longestFirst = [.. tokens.OrderByDescending(token => token.Content.Length)];
        _firstChars = SearchValues.Create(_longestFirst.Select(token => token.Content[0]).Distinct().ToArray());
    }

    /// <summary>Finds the first token.</summary>
    /// <param name="text">Where to look.</param>
    /// <param name="index">Where it starts.</param>
    /// <returns>The token, or null if there is none.</returns>
    public AddedToken? Find(ReadOnlySpan<char> text, out int index)
    {
        for (index = 0; ; index++)
        {
            int offset = text[index..].IndexOfAny(_firstChars);
            if (offset < 0)
                return null;
            index += offset;
            foreach (AddedToken token in _longestFirst)
                if (text[index..].StartsWith(token.Content, StringComparison.Ordinal))
                    return token;
        }
    }
}
