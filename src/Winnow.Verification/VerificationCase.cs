namespace Winnow.Verification;

/// <summary>The outcome of one recording.</summary>
/// <param name="File">Path below the verified folder, with '/' between its parts.</param>
/// <param name="Kind">What it records: <c>method</c>, <c>model</c>, <c>tokenizer</c>, <c>resize</c>, or <c>unknown</c>.</param>
/// <param name="Status">How it came out.</param>
/// <param name="Message">What was compared, or what differed first, or why it was skipped.</param>
public sealed record VerificationCase(string File, string Kind, CaseStatus Status, string Message);
