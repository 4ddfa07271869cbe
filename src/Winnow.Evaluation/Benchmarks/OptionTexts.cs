using System.Text.RegularExpressions;

namespace Winnow.Evaluation.Benchmarks;

/// <summary>Options with and without their letters.</summary>
internal static partial class OptionTexts
{
    /// <summary>
    /// Takes the letters off, if every option carries the one that its place calls for: "A. Lincoln" can be an option's own text.
    /// </summary>
    public static string[] WithoutLetters(IReadOnlyList<string> options)
    {
        Match[] matches = [.. options.Select(option => Lettered().Match(option))];
        bool allLettered = matches
            .Select((match, index) => match.Success && match.Groups["letter"].Value[0] == Question.Letter(index))
            .All(isSo => isSo);
        return allLettered ? [.. matches.Select(match => match.Groups["text"].Value)] : [.. options];
    }

    /// <summary>"A. first" and so on, one a line.</summary>
    public static string Dotted(IReadOnlyList<string> options) =>
        string.Join('\n', options.Select((option, index) => $"{Question.Letter(index)}. {option}"));

    /// <summary>"(A) first" and so on, one a line.</summary>
    public static string Bracketed(IReadOnlyList<string> options) =>
        string.Join('\n', options.Select((option, index) => $"({Question.Letter(index)}) {option}"));

    /// <summary>The first option that is exactly this text, or null.</summary>
    public static int? IndexOf(IReadOnlyList<string> options, string answer)
    {
        for (int i = 0; i < options.Count; i++)
            if (options[i] == answer)
                return i;
        return null;
    }

    /// <summary>The option that a letter names, or null where it names none.</summary>
    public static int? IndexOfLetter(IReadOnlyList<string> options, string letter) =>
        letter.Length == 1 && letter[0] >= 'A' && letter[0] - 'A' < options.Count ? letter[0] - 'A' : null;

    [GeneratedRegex(@"^(?:(?<letter>[A-Z])[.)]|\((?<letter>[A-Z])\))\s*(?<text>.*)$", RegexOptions.Singleline)]
    private static partial Regex Lettered();
}
