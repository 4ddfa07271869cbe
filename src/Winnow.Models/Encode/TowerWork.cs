namespace Winnow.Models.Encode;

/// <summary>How much of the tower's work was done for a video.</summary>
public sealed record TowerWork
{
    /// <summary>Patches of all frames.</summary>
    public long Patches { get; init; }

    /// <summary>Patches that entered the first block.</summary>
    public long Encoded { get; init; }

    /// <summary>
    /// Tokens that left the last block with features of their own; the other patches take theirs from these, or from an earlier frame, or
    /// have none.
    /// </summary>
    public long Remaining { get; init; }

    /// <summary>Rows that passed an MLP, summed over the blocks.</summary>
    public long Rows { get; init; }

    /// <summary>Rows that would have passed one had nothing been reduced.</summary>
    public long DenseRows { get; init; }

    /// <summary>What another piece of the video adds.</summary>
    public TowerWork Plus(TowerWork other) => new()
    {
        Patches = Patches + other.Patches,
        Encoded = Encoded + other.Encoded,
        Remaining = Remaining + other.Remaining,
        Rows = Rows + other.Rows,
        DenseRows = DenseRows + other.DenseRows,
    };
}
