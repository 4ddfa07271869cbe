using System.Text.RegularExpressions;

namespace Winnow.Evaluation.Parsing;

/// <summary>Winnow's own parser: a reply counts only if it is an option, names one by its letter at the start, or declares one.</summary>
/// <remarks>
/// In this order: the whole reply is an option's text (apart from case, white space and punctuation at the ends); the reply begins with a
/// letter that is closed by <c>)</c>, <c>.</c>, <c>:</c> or the end; the last declaration of the form "answer is (B)" or "option: B".
/// Letters inside prose, such as the article "A", never count.
/// </remarks>
public sealed partial class StrictParser : IReplyParser
{
    /// <inheritdoc/>
    public string Name => "strict";

    /// <inheritdoc/>
    public char? Parse(string reply, IReadOnlyList<string> options)
    {
        string text = reply.Trim();
        for (int option = 0; option < options.Count; option++)
            if (AnswerScore.IsExactMatch(text, options[option]))
                return Question.Letter(option);
        Match start = Start().Match(text);
        if (start.Success)
            return Offered(start, options);
        Match? declared = Declaration().Matches(text).LastOrDefault();
        return declared is null ? null : Offered(declared, options);
    }

    private static char? Offered(Match match, IReadOnlyList<string> options)
    {
        char letter = char.ToUpperInvariant(match.Groups["letter"].Value[0]);
        return letter - 'A' < options.Count ? letter : null;
    }

    [GeneratedRegex(@"^\W*?(?:\((?<letter>[A-Za-z])\)|(?<letter>[A-Z])(?:\W*$|[.:](?:\s|$)|\)|\n))", RegexOptions.CultureInvariant)]
    private static partial Regex Start();

    [GeneratedRegex(
        @"\b(?i:answer|option|choice)(?i:\s+is\b)?\s*:?\s*[*_""']*\(?(?<letter>[A-Z])\)?(?![\w'])(?!\s+[a-z])",
        RegexOptions.CultureInvariant)]
    private static partial Regex Declaration();
}
