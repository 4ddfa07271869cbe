namespace Winnow.Evaluation.Parsing;

/// <summary>Every parser, by name.</summary>
public static class ReplyParsers
{
    /// <summary>The names, in the order of the help text.</summary>
    public static IReadOnlyList<string> Names { get; } = ["strict", "p1", "p2", "p3", "p4", "p5", "p5e", "p6"];

    /// <summary>The parser of that name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="seed">Seed of the random options that p4, p5 and p5e give to a reply without a letter.</param>
    /// <exception cref="WinnowException">There is none; the message lists the known names.</exception>
    public static IReplyParser Find(string name, int seed = 0) => name switch
    {
        "strict" => new StrictParser(),
        "p1" => FirstLetterParser.VideoMme(),
        "p2" => new RankedParser(),
        "p3" => new MvBenchParser(),
        "p4" => FirstLetterParser.LongVideoBench(seed),
        "p5" => BracketedParser.NextQa(seed),
        "p5e" => BracketedParser.EgoSchema(seed),
        "p6" => new WordLetterParser(),
        _ => throw new WinnowException($"There is no reply parser {name}; known are {string.Join(", ", Names)}."),
    };
}
