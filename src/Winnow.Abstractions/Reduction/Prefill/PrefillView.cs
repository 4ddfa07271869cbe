namespace Winnow.Reduction;

/// <summary>The sequence at a point of the layer loop. Rows are: text, the visual block, text.</summary>
public sealed record PrefillView
{
    /// <summary>What was known before the first layer.</summary>
    public required PrefillContext Context { get; init; }

    /// <summary>Where the loop stands.</summary>
    public required PrefillPoint Point { get; init; }

    /// <summary><c>[S', D]</c>: states of the rows; void after the method has answered.</summary>
    public required TokenMatrix Hidden { get; init; }

    /// <summary>
    /// <c>[S']</c>: each row's index among the rows that entered layer 0; a merged row has that of the row it is kept under.
    /// </summary>
    public required IReadOnlyList<int> Origins { get; init; }

    /// <summary><c>[S']</c>: rotary positions.</summary>
    public required IReadOnlyList<int> Positions { get; init; }

    /// <summary>First visual row.</summary>
    public required int VisualStart { get; init; }

    /// <summary>Visual rows left, newline vectors included.</summary>
    public required int VisualCount { get; init; }

    /// <summary>Row after the last visual one: where the text after the video begins.</summary>
    public int VisualEnd => VisualStart + VisualCount;

    /// <summary>Number of rows (S').</summary>
    public int Count => Origins.Count;

    /// <summary>The attention that was asked for.</summary>
    public AttentionView? Attention { get; init; }

    /// <summary><c>[S', KeyValueHeads * HeadWidth]</c>: keys of the layer in front, if asked for.</summary>
    public TokenMatrix? Keys { get; init; }

    /// <summary><c>[S', KeyValueHeads * HeadWidth]</c>: values of the layer in front, if asked for.</summary>
    public TokenMatrix? Values { get; init; }

    /// <summary>How the layer in front changed each row, if asked for.</summary>
    public BlockTransitions? Transitions { get; init; }

    /// <summary>A visual row's place in the grid, frame-major; -1 for a newline vector.</summary>
    /// <param name="row">Row of the sequence, inside the visual block.</param>
    public int PlaceOf(int row) => Context.Places[Origins[row] - Context.VisualStart];
}
