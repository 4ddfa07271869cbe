namespace Winnow.Evaluation.Tuning;

/// <summary>What was found.</summary>
/// <param name="Target">Share of the baseline's accuracy that was to be kept.</param>
/// <param name="Chosen">The setting on the questions that it was chosen by; null where none reached the target surely enough.</param>
/// <param name="Confirmed">
/// The same setting on the other questions, which took no part in the choice; null as <paramref name="Chosen"/>.
/// </param>
/// <param name="Whole">The baseline on those other questions; on the first ones where nothing was chosen.</param>
/// <param name="Tried">Every setting with what is known of it, the surest first.</param>
public sealed record TuningOutcome(
    double Target, Candidate? Chosen, Candidate? Confirmed, SettingSummary Whole, IReadOnlyList<Candidate> Tried);
