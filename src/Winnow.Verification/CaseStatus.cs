namespace Winnow.Verification;

/// <summary>How one recording came out.</summary>
public enum CaseStatus
{
    /// <summary>Everything compared agreed.</summary>
    Passed,

    /// <summary>Something differed, or could not be computed.</summary>
    Failed,

    /// <summary>This build has no check for it.</summary>
    Skipped,
}
