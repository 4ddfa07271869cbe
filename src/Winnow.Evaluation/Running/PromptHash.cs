using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Winnow.Evaluation.Running;

/// <summary>A short mark of a prompt's exact wording.</summary>
internal static class PromptHash
{
    public static string Of(Question question)
    {
        // Subtitles between the frames are part of the wording; their times say where they stand.
        IEnumerable<string> lines = question.Subtitles is not { } subtitles
            ? []
            : subtitles.Select(line => string.Create(CultureInfo.InvariantCulture, $"{line.Start:R} {line.End:R} {line.Text}\n"));
        string told = string.Concat(lines) + question.Prompt;
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(told)).AsSpan(0, 8));
    }
}
