namespace Winnow.Evaluation;

/// <summary>How single outcomes become one accuracy.</summary>
/// <param name="MeanOver">Name of a group: the unweighted mean of the accuracies of its values. Null: every question counts alike.</param>
/// <param name="Scale">1 for a fraction, 100 for percent: how the benchmark's authors print it. Winnow's own numbers are fractions.</param>
public sealed record Aggregation(string? MeanOver, double Scale)
{
    /// <summary>Every question counts alike; a fraction.</summary>
    public static Aggregation Micro { get; } = new(null, 1);
}
