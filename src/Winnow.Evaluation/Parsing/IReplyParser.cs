namespace Winnow.Evaluation.Parsing;

/// <summary>Finds the chosen option in a reply.</summary>
public interface IReplyParser
{
    /// <summary>Name on the command line and in results.</summary>
    string Name { get; }

    /// <summary>The letter that the reply names; null where it names none. It may lie beyond the options (then it is wrong).</summary>
    /// <param name="reply">What the model generated.</param>
    /// <param name="options">The options, without letters.</param>
    char? Parse(string reply, IReadOnlyList<string> options);
}
