namespace Winnow.Evaluation;

/// <summary>One question about one video. Readers of benchmarks make it; everything behind them sees only this.</summary>
public sealed record Question
{
    /// <summary>Unique in its set.</summary>
    public required string Id { get; init; }

    /// <summary>The video that it is about.</summary>
    public required MediaSource Media { get; init; }

    /// <summary>The question alone, without options or instructions.</summary>
    public required string Text { get; init; }

    /// <summary>What the model is told, to the byte, without the chat template and the place of the video.</summary>
    public required string Prompt { get; init; }

    /// <summary>
    /// Subtitles that stand between the frames, in the order in which they are told; empty for frames strung together without any, null for
    /// a video in one piece.
    /// </summary>
    public IReadOnlyList<TimedLine>? Subtitles { get; init; }

    /// <summary>Answers to choose from, without letters; empty for an open question.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>The right option, from 0; null where it is hidden, the question is open, or the data contradict themselves.</summary>
    public int? AnswerIndex { get; init; }

    /// <summary>The right answer as text, or null where it is hidden.</summary>
    public string? AnswerText { get; init; }

    /// <summary>What results are grouped by: task, duration class, domain, ...; never null.</summary>
    public IReadOnlyDictionary<string, string> Groups { get; init; } = new Dictionary<string, string>();

    /// <summary>File and row that the question was read from, for messages.</summary>
    public required string Source { get; init; }

    /// <summary>The letter of an option: 0 is A.</summary>
    public static char Letter(int option) => (char)('A' + option);
}
