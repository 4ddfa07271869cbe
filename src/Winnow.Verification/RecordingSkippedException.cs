namespace Winnow.Verification;

/// <summary>Says that this build does not have what a recording records; not a failure.</summary>
internal sealed class RecordingSkippedException(string reason) : Exception(reason);
