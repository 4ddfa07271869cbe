namespace Winnow.Evaluation.Parsing;

/// <summary>P2 (lmms-eval from 0.7.2): every way to name a letter has a rank; the highest rank wins, then the later place.</summary>
/// <remarks>
/// As ranked as it is: "The answer is B. Dogs run" is read as D, because the first D after the phrase lies later than the B.
/// </remarks>
public sealed class RankedParser : IReplyParser
{
    private const string Ends = ",.!?;:'\"";

    private static readonly string[] Phrases =
    [
        "the answer is", "answer is", "the correct answer is", "correct answer is", "the best answer is", "best answer is",
        "the correct option is", "correct option is", "the best option is", "best option is",
        "the choice is", "choice is", "the correct choice is", "correct choice is",
        "i choose", "i select", "i pick", "my answer is", "my choice is", "옵션", "정답은", "답은", "답:", "答案是", "答案为", "选", "答えは",
    ];

    private readonly int? _letters;

    /// <summary>Creates the parser.</summary>
    /// <param name="letters">
    /// How many letters are allowed whatever the question offers (MLVU: 4); null for as many as it has options.
    /// </param>
    public RankedParser(int? letters = null) => _letters = letters;

    /// <inheritdoc/>
    public string Name => "p2";

    /// <inheritdoc/>
    public char? Parse(string reply, IReadOnlyList<string> options)
    {
        string bare = reply.Trim();
        if (bare.Length == 0)
            return null;
        foreach (char end in Ends)
            bare = bare.Trim(end);
        string text = $" {bare} ";
        int letters = _letters ?? options.Count;
        (int Rank, int Place, char Letter) best = (-1, -1, default);
        for (int option = 0; option < letters; option++)
            foreach ((int rank, int place) in Candidates(text, Question.Letter(option)))
                if ((rank, place).CompareTo((best.Rank, best.Place)) > 0)
                    best = (rank, place, Question.Letter(option));
        return best.Rank >= 0 ? best.Letter : LastAnywhere(text, letters);
    }

    private static IEnumerable<(int Rank, int Place)> Candidates(string text, char letter)
    {
        (string Form, int Rank)[] forms = [($"({letter})", 6), ($"{letter}.", 5), ($"{letter}:", 4), ($"{letter})", 3), ($"{letter} ", 2)];
        foreach ((string form, int rank) in forms)
        {
            int place = text.LastIndexOf(form, StringComparison.Ordinal);
            if (place >= 0)
                yield return (rank, place);
        }
        string lower = text.ToLowerInvariant();
        foreach (string phrase in Phrases)
        {
            int place = lower.IndexOf(phrase, StringComparison.Ordinal);
            int after = place < 0 ? -1 : text.IndexOf(letter, place + phrase.Length);
            if (after >= 0)
                yield return (7, after);
        }
        string bare = text.Trim();
        if (bare.StartsWith(letter) && (bare.Length == 1 || !char.IsLetter(bare[1])))
            yield return (10, 0);
        if (bare.EndsWith(letter) && (bare.Length == 1 || !char.IsLetter(bare[^2])))
            yield return (9, text.Length - 1);
    }

    private static char? LastAnywhere(string text, int letters)
    {
        int place = text.AsSpan().LastIndexOfAnyInRange('A', Question.Letter(letters - 1));
        return place >= 0 ? text[place] : null;
    }
}
