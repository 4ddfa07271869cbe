namespace Winnow.Evaluation.Tuning;

/// <summary>A setting that was tried.</summary>
/// <param name="Summary">What it did.</param>
/// <param name="Certainty">How sure it is that it reaches the target: the share of bootstrap draws in which it does.</param>
public sealed record Candidate(SettingSummary Summary, double Certainty);
