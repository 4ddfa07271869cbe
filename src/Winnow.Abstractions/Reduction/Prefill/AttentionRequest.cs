namespace Winnow.Reduction;

/// <summary>Attention that a method wants to see: of which rows, of which layer, in which form.</summary>
/// <param name="Queries">The rows that look.</param>
public sealed record AttentionRequest(AttentionQueries Queries)
{
    /// <summary>
    /// Whether the attention is that of the layer behind the point, from its own norm and projections on the states at the point, instead
    /// of the layer in front as it ran.
    /// </summary>
    public bool OfNextLayer { get; init; }

    /// <summary>Whether queries and keys carry their rotary positions.</summary>
    public bool Rotated { get; init; } = true;

    /// <summary>Whether a row sees only the rows up to itself.</summary>
    public bool Causal { get; init; } = true;

    /// <summary>Divides the logits besides the square root of the head's width; above 0.</summary>
    public double Temperature { get; init; } = 1;
}

/// <summary>The rows whose attention is asked for. All end at the last row, so that each sees what it saw.</summary>
public enum AttentionQueries
{
    /// <summary>The last row of the prompt.</summary>
    Last,

    /// <summary>The text after the video.</summary>
    TextAfterVideo,

    /// <summary>Every row.</summary>
    All,
}
