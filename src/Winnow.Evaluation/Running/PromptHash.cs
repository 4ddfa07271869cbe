using System.Security.Cryptography;
using System.Text;

namespace Winnow.Evaluation.Running;

/// <summary>A short mark of a prompt's exact wording.</summary>
internal static class PromptHash
{
    public static string Of(string prompt) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(prompt)).AsSpan(0, 8));
}
