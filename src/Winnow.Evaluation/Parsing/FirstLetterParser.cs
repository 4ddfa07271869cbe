namespace Winnow.Evaluation.Parsing;

/// <summary>
/// P1 (Video-MME and MLVU of lmms-eval 0.3.0) and P4 (LongVideoBench): the first capital among the allowed ones, also inside a word.
/// </summary>
/// <remarks>Phrases such as "The answer is" are deleted first; a reply of more than ten words without a letter names none.</remarks>
public sealed class FirstLetterParser : IReplyParser
{
    // The fifth and sixth are what the harness compares: two phrases each that a missing comma glues together, so they never match.
    private static readonly string[] VideoMmePhrases =
    [
        "The best answer is", "The correct answer is", "The answer is", "The answer",
        "The best option isThe correct option is", "Best answer:Best option:",
    ];

    private static readonly string[] LongVideoBenchPhrases =
    [
        "The best answer is", "The correct answer is", "The answer is", "The answer",
        "The best option is", "The correct option is", "Best answer:", "Best option:",
    ];

    private readonly string[] _phrases;
    private readonly string _letters;
    private readonly SeededFallback? _fallback;

    private FirstLetterParser(string name, string[] phrases, string letters, SeededFallback? fallback) =>
        (Name, _phrases, _letters, _fallback) = (name, phrases, letters, fallback);

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>P1: letters A to D; a reply without one is wrong.</summary>
    public static FirstLetterParser VideoMme() => new("p1", VideoMmePhrases, "ABCD", null);

    /// <summary>P4: letters A to E; a reply without one gets a random option of the question.</summary>
    /// <param name="seed">Seed of the random options.</param>
    public static FirstLetterParser LongVideoBench(int seed) => new("p4", LongVideoBenchPhrases, "ABCDE", new SeededFallback(seed));

    /// <inheritdoc/>
    public char? Parse(string reply, IReadOnlyList<string> options)
    {
        string text = reply.Trim();
        foreach (string phrase in _phrases)
            text = text.Replace(phrase, "", StringComparison.Ordinal);
        int place = text.AsSpan().IndexOfAny(_letters);
        return place >= 0 ? text[place] : _fallback?.Draw(reply, options.Count);
    }
}
