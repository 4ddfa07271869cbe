namespace Winnow.Evaluation.Benchmarks;

/// <summary>Generations of lmms-eval that published numbers come from; wording and parsing differ between them.</summary>
public enum HarnessVersion
{
    /// <summary>Commit 75571cfe (after 0.7.2).</summary>
    Current,

    /// <summary>Tag v0.3.0, which the pruning papers carried along.</summary>
    V030,
}
