namespace Winnow.Evaluation;

/// <summary>
/// What one method at one retention did: a row of the result table. Means are over questions; shares and accuracies are fractions.
/// </summary>
public sealed record SettingSummary
{
    /// <summary>Name of the method.</summary>
    public required string Method { get; init; }

    /// <summary>Share of the visual tokens that it was to keep.</summary>
    public required double Retention { get; init; }

    /// <summary>
    /// Retention that the method was given so that its tokens meet the budget; equal to
    /// <see cref="Retention"/> where it meets it by itself.
    /// </summary>
    public required double AppliedRetention { get; init; }

    /// <summary>Questions that were answered and have a known right answer.</summary>
    public required int Questions { get; init; }

    /// <summary>Questions that ended in an error; they count neither as right nor as wrong.</summary>
    public required int Errors { get; init; }

    /// <summary>Replies in which no letter was found; they count as wrong.</summary>
    public required int Unparsed { get; init; }

    /// <summary>Accuracy by the set's aggregation; null where no right answer is known.</summary>
    public required double? Accuracy { get; init; }

    /// <summary>Accuracy as the benchmark's usual harness prints it: its scale, and without empty replies where it drops them.</summary>
    public required double? HarnessScore { get; init; }

    /// <summary>Accuracy divided by that of the baseline on the questions that both answered; null without a baseline.</summary>
    public required double? AccuracyKept { get; init; }

    /// <summary>Lower bound of the 95% interval of <see cref="AccuracyKept"/>.</summary>
    public required double? Low { get; init; }

    /// <summary>Upper bound of it.</summary>
    public required double? High { get; init; }

    /// <summary>Visual tokens that went on; for methods inside the language model the mean over its layers.</summary>
    public required double VisualTokens { get; init; }

    /// <summary>Visual tokens before the reduction.</summary>
    public required double WholeTokens { get; init; }

    /// <summary>Share by which the tokens miss <c>retention * whole</c>: 0.02 is 2% more than the budget.</summary>
    public required double OverBudget { get; init; }

    /// <summary>Whether the tokens meet the budget closely enough to be compared with other methods at this retention.</summary>
    public required bool MeetsBudget { get; init; }

    /// <summary>Rows that the language model read.</summary>
    public required double PromptTokens { get; init; }

    /// <summary>Operations of the language model for the prompt.</summary>
    public required double PrefillFlops { get; init; }

    /// <summary>Bytes of the KV cache.</summary>
    public required double CacheBytes { get; init; }

    /// <summary>
    /// Largest peak of resident memory seen by the end of an answer, in bytes; of the whole process, so that it grows with the run.
    /// </summary>
    public required long PeakBytes { get; init; }

    /// <summary>Decoding, in milliseconds.</summary>
    public required double DecodeMs { get; init; }

    /// <summary>Encoding, in milliseconds.</summary>
    public required double EncodeMs { get; init; }

    /// <summary>Reduction, in milliseconds.</summary>
    public required double ReduceMs { get; init; }

    /// <summary>Prefill, in milliseconds.</summary>
    public required double PrefillMs { get; init; }

    /// <summary>Generation after the first token, in milliseconds.</summary>
    public required double GenerateMs { get; init; }

    /// <summary>Time to the first token: decoding, encoding, reduction and prefill, in milliseconds.</summary>
    public double FirstTokenMs => DecodeMs + EncodeMs + ReduceMs + PrefillMs;

    /// <summary>Accuracy by group and value.</summary>
    public required IReadOnlyList<GroupScore> Groups { get; init; }
}
