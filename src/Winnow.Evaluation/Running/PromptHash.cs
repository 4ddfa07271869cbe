using System.Security.Cryptography;
using System.Text;

namespace Winnow.Evaluation.Running;

/// <summary>A short mark of a prompt's exact wording.</summary>
internal static class PromptHash
{
    public static string Of(Question question)
    {
        // Subtitles between the frames are part of the wording; their times say where they stand.
        string told = question.Subtitles is { } subtitles ? string.Join('\n', subtitles.Append(default)) + question.Prompt : question.Prompt;
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(told)).AsSpan(0, 8));
    }
}
