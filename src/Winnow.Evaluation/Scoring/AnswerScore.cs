using System.Text;

namespace Winnow.Evaluation;

/// <summary>Whether a generated answer is the right one.</summary>
public static class AnswerScore
{
    /// <summary>Exact match after lower-casing, dropping punctuation at the ends, and folding white space.</summary>
    public static bool IsExactMatch(string generated, string expected) => Normalise(generated) == Normalise(expected);

    private static string Normalise(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (string word in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            folded.Append(folded.Length > 0 ? " " : "").Append(word);
        return folded.ToString().Trim('.', ',', '!', '?', ':', ';', '"', '\'').ToLowerInvariant();
    }
}
