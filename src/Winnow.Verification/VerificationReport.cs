namespace Winnow.Verification;

/// <summary>All recordings of a folder.</summary>
/// <param name="Cases">In the order of their paths.</param>
public sealed record VerificationReport(IReadOnlyList<VerificationCase> Cases)
{
    /// <summary>Number of cases that agreed.</summary>
    public int Passed => Count(CaseStatus.Passed);

    /// <summary>Number of cases that differed.</summary>
    public int Failed => Count(CaseStatus.Failed);

    /// <summary>Number of cases that this build does not know.</summary>
    public int Skipped => Count(CaseStatus.Skipped);

    private int Count(CaseStatus status) => Cases.Count(item => item.Status == status);
}
