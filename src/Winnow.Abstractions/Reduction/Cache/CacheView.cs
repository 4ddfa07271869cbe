namespace Winnow.Reduction;

/// <summary>The cached rows of one layer, and how much one row attends to each. Rows are: text, the visual block, text.</summary>
public sealed record CacheView
{
    /// <summary>The model and the prompt.</summary>
    public required PrefillContext Context { get; init; }

    /// <summary>0-based layer.</summary>
    public required int Layer { get; init; }

    /// <summary>Attention of a single row over all cached rows, its own included.</summary>
    public required AttentionView Attention { get; init; }

    /// <summary><c>[visual rows left in this cache]</c>: each one's index among the rows that entered layer 0.</summary>
    public required IReadOnlyList<int> VisualOrigins { get; init; }

    /// <summary>First visual row.</summary>
    public int VisualStart => Context.VisualStart;

    /// <summary>Visual rows left, newline vectors included.</summary>
    public int VisualCount => VisualOrigins.Count;

    /// <summary>A visual row's place in the grid, frame-major; -1 for a newline vector.</summary>
    /// <param name="row">Row of the cache, inside the visual block.</param>
    public int PlaceOf(int row) => Context.Places[VisualOrigins[row - VisualStart] - VisualStart];
}
