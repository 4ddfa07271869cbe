namespace Winnow.Evaluation.Running;

/// <summary>What is asked of the model.</summary>
public sealed record AnswerRequest
{
    /// <summary>The user's turn, without the place of the video and the chat template.</summary>
    public required string Prompt { get; init; }

    /// <summary>Subtitles that stand between the frames; null for a video in one piece.</summary>
    public IReadOnlyList<TimedLine>? Subtitles { get; init; }

    /// <summary>Most tokens of the reply, at least 1.</summary>
    public required int MaxNewTokens { get; init; }

    /// <summary>Replies whose likelihoods are wanted instead of a generated one; empty to generate.</summary>
    public IReadOnlyList<string> Continuations { get; init; } = [];
}
