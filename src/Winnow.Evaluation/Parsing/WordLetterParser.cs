using System.Text.RegularExpressions;

namespace Winnow.Evaluation.Parsing;

/// <summary>P6 (Perception Test in lmms-eval): the first letter A to D that stands alone. "A man runs" is read as A.</summary>
public sealed partial class WordLetterParser : IReplyParser
{
    /// <inheritdoc/>
    public string Name => "p6";

    /// <inheritdoc/>
    public char? Parse(string reply, IReadOnlyList<string> options)
    {
        Match letter = Letter().Match(reply);
        return letter.Success ? letter.Value[0] : null;
    }

    [GeneratedRegex(@"\b[A-D]\b")]
    private static partial Regex Letter();
}
