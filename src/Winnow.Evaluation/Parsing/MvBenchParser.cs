using System.Text.RegularExpressions;

namespace Winnow.Evaluation.Parsing;

/// <summary>
/// P3 (MVBench in lmms-eval): a leading "B." or else, after the punctuation is cleared away, the first single letter A to E of any case.
/// </summary>
/// <remarks>The text of an option is never compared, and the article "a" is read as option A.</remarks>
public sealed partial class MvBenchParser : IReplyParser
{
    private const string Punctuation = ";/[]\"{}()=+\\_-><@`,?!";

    // The harness passes a flag of value 32 where the number of replacements belongs.
    private const int MostFullStops = 32;

    /// <inheritdoc/>
    public string Name => "p3";

    /// <inheritdoc/>
    public char? Parse(string reply, IReadOnlyList<string> options)
    {
        string text = reply.Trim();
        Match leading = Leading().Match(text);
        if (leading.Success)
            return char.ToUpperInvariant(leading.Groups[1].Value[0]);
        string original = text.Replace('\n', ' ').Replace('\t', ' ').Trim();
        bool hasDigitGroups = DigitGroups().IsMatch(original);
        string cleared = original;
        foreach (char mark in Punctuation)
        {
            bool standsApart = original.Contains($"{mark} ", StringComparison.Ordinal)
                || original.Contains($" {mark}", StringComparison.Ordinal);
            cleared = cleared.Replace(mark.ToString(), standsApart || hasDigitGroups ? "" : " ", StringComparison.Ordinal);
        }
        cleared = FullStop().Replace(cleared, "", MostFullStops);
        Match letter = SingleLetter().Match(cleared.Trim('\'').Trim('"').Trim(')').Trim('(').Trim());
        return letter.Success ? char.ToUpperInvariant(letter.Groups[1].Value[0]) : null;
    }

    [GeneratedRegex(@"^([A-E])\.\s*(.+)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Leading();

    [GeneratedRegex(@"\d,\d")]
    private static partial Regex DigitGroups();

    [GeneratedRegex(@"\.(?!\d)")]
    private static partial Regex FullStop();

    [GeneratedRegex(@"\b([A-E])\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SingleLetter();
}
