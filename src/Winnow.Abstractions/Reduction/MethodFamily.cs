namespace Winnow.Reduction;

/// <summary>What a method looks at to decide.</summary>
public enum MethodFamily
{
    /// <summary>Yardsticks: whole, uniform, random, pooled.</summary>
    Baseline,

    /// <summary>Segments of the video and what repeats in time.</summary>
    Temporal,

    /// <summary>Attention of the vision tower.</summary>
    Attention,

    /// <summary>Differences between tokens: spread over what there is.</summary>
    Diversity,

    /// <summary>Clusters or graphs of similar tokens, merged.</summary>
    Merging,

    /// <summary>The question.</summary>
    Query,
}
