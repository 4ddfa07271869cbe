namespace Winnow.Evaluation;

/// <summary>Questions, and how they are asked and scored.</summary>
public sealed record QuestionSet
{
    /// <summary>Name of the benchmark, or of the folder.</summary>
    public required string Name { get; init; }

    /// <summary>Which part of it, such as <c>val</c>.</summary>
    public required string Split { get; init; }

    /// <summary>The questions, in the order of the data; at least one, with unique ids.</summary>
    public required IReadOnlyList<Question> Questions { get; init; }

    /// <summary>How they are asked and scored.</summary>
    public required Protocol Protocol { get; init; }

    /// <summary>What is wrong with the data and how it is treated, one sentence each; for people.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Whether an accuracy can be computed: some answer is known.</summary>
    public bool HasAnswers => Questions.Any(question => question.AnswerIndex is not null || question.AnswerText is not null);
}
