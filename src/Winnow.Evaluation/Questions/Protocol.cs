using Winnow.Evaluation.Parsing;

namespace Winnow.Evaluation;

/// <summary>How a set is asked and scored: everything that moves the numbers besides model and method. It stands in every result.</summary>
public sealed record Protocol
{
    /// <summary>Name of the prompt wording, such as <c>lmms-0.3.0/videomme/default</c>.</summary>
    public required string Prompt { get; init; }

    /// <summary>The parser that the benchmark's usual harness applies to replies.</summary>
    public required IReplyParser HarnessParser { get; init; }

    /// <summary>Most tokens of a reply, at least 1.</summary>
    public required int MaxNewTokens { get; init; }

    /// <summary>How outcomes become one accuracy.</summary>
    public required Aggregation Aggregation { get; init; }

    /// <summary>How answers are judged unless the user chooses.</summary>
    public required Scorer Scorer { get; init; }
}
