using Winnow.Models.Generate;

namespace Winnow.Engine;

/// <summary>How an answer is generated.</summary>
public sealed record AnswerOptions
{
    /// <summary>Most tokens of an answer, at least 1.</summary>
    public int MaximumTokens { get; init; } = 256;

    /// <summary>How tokens are chosen; null for greedy, as the checkpoint's reference does it.</summary>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>Texts that end the answer and are not part of it.</summary>
    public IReadOnlyList<string> Stops { get; init; } = [];

    internal void Validate()
    {
        if (MaximumTokens < 1)
            throw new WinnowException($"The answer's longest length is {MaximumTokens} tokens; it must be at least 1.");
        Sampling?.Validate();
    }
}
