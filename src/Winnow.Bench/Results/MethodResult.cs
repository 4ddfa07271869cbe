namespace Winnow.Bench;

/// <summary>What one method costs on a made-up video.</summary>
/// <param name="Method">Name in the catalog.</param>
/// <param name="Kept">Tokens that it kept.</param>
/// <param name="Seconds">Time of its decision, the fastest of several.</param>
/// <param name="AllocatedBytes">Managed memory that the decision allocated.</param>
/// <param name="PrefillShare">That time over the time of the dense prefill that the method saves on.</param>
/// <param name="Error">Why there are no numbers; null where there are.</param>
public sealed record MethodResult(string Method, int Kept, double Seconds, long AllocatedBytes, double PrefillShare, string? Error);
