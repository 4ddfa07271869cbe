namespace Winnow.Evaluation.Benchmarks;

/// <summary>Names of the wordings, as they stand in results.</summary>
internal static class Harness
{
    public const string LetterInstruction = "Answer with the option's letter from the given choices directly.";

    /// <summary>Tokens of a reply where the harness sets no limit for the models of the LLaVA families.</summary>
    public const int UnsetMaxNewTokens = 1024;

    public static string Wording(HarnessVersion version, string benchmark, string variant = "default") =>
        $"lmms-{(version == HarnessVersion.V030 ? "0.3.0" : "75571cfe")}/{benchmark}/{variant}";
}
