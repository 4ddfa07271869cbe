namespace Winnow.Evaluation.Parsing;

/// <summary>
/// P5 (NExT-QA) and P5e (EgoSchema) of lmms-eval: "(B)", "B " or "B.", else the text of an option in a long reply, else a random option.
/// </summary>
/// <remarks>
/// P5 stops at the first form found and takes the letter whose last occurrence is latest; P5e collects all forms and
/// takes the earliest of the last occurrences.
/// </remarks>
public sealed class BracketedParser : IReplyParser
{
    private const string Ends = ",.!?;:'";
    private const int LongReply = 5;

    private readonly bool _collectsAll;
    private readonly SeededFallback _fallback;

    private BracketedParser(string name, bool collectsAll, int seed) =>
        (Name, _collectsAll, _fallback) = (name, collectsAll, new SeededFallback(seed));

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>P5.</summary>
    /// <param name="seed">Seed of the random options.</param>
    public static BracketedParser NextQa(int seed) => new("p5", false, seed);

    /// <summary>P5e.</summary>
    /// <param name="seed">Seed of the random options.</param>
    public static BracketedParser EgoSchema(int seed) => new("p5e", true, seed);

    /// <inheritdoc/>
    public char? Parse(string reply, IReadOnlyList<string> options)
    {
        string text = reply;
        foreach (char end in Ends)
            text = text.Trim(end);
        text = $" {text} ";
        List<(int Option, int Place)> found = _collectsAll ? AllForms(text, options.Count) : FirstForm(text, options.Count);
        if (found.Count == 0 && text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length > LongReply)
            found = Texts(text, options);
        if (found.Count == 0)
            return _fallback.Draw(reply, options.Count);
        int wanted = _collectsAll ? found.Min(item => item.Place) : found.Max(item => item.Place);
        return Question.Letter(found.First(item => item.Place == wanted).Option);
    }

    private static List<(int Option, int Place)> FirstForm(string text, int options)
    {
        List<(int, int)> found = Form(text, options, letter => $"({letter})", letter => $"({letter})");
        if (found.Count == 0)
            found = Form(text, options, letter => $"{letter} ", letter => $" {letter} ");
        // The harness looks the last place up in the form " B " at this level too; it finds none, so that the first in the alphabet wins.
        return found.Count > 0 ? found : Form(text, options, letter => $"{letter}.", letter => $" {letter} ");
    }

    private static List<(int Option, int Place)> AllForms(string text, int options) =>
    [
        .. Form(text, options, letter => $"({letter})", letter => $"({letter})"),
        .. Form(text, options, letter => $"{letter} ", letter => $"{letter} "),
        .. Form(text, options, letter => $"{letter}.", letter => $"{letter}."),
    ];

    private static List<(int, int)> Form(string text, int options, Func<char, string> present, Func<char, string> located)
    {
        var found = new List<(int, int)>();
        for (int option = 0; option < options; option++)
            if (text.Contains(present(Question.Letter(option)), StringComparison.Ordinal))
                found.Add((option, text.LastIndexOf(located(Question.Letter(option)), StringComparison.Ordinal)));
        return found;
    }

    private static List<(int Option, int Place)> Texts(string text, IReadOnlyList<string> options)
    {
        string lower = text.ToLowerInvariant();
        var found = new List<(int, int)>();
        for (int option = 0; option < options.Count; option++)
        {
            int place = lower.LastIndexOf(options[option].Trim().ToLowerInvariant(), StringComparison.Ordinal);
            if (place >= 0)
                found.Add((option, place));
        }
        return found;
    }
}
