using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Models.Prefill;

/// <summary>Text and video as one sequence of rows, each with its position: what the decoder reads.</summary>
public sealed record PromptRows
{
    internal PromptRows(TokenMatrix rows, int[] positions, int nextPosition) =>
        (Rows, Positions, NextPosition) = (rows, positions, nextPosition);

    /// <summary><c>[N, D]</c>.</summary>
    public TokenMatrix Rows { get; }

    /// <summary><c>[N]</c>: the rotary position of each row. Not necessarily 0 .. N-1: tokens that were dropped may leave gaps.</summary>
    public IReadOnlyList<int> Positions { get; }

    /// <summary>Position of the row that comes next: the first of the answer, or of the next turn.</summary>
    public int NextPosition { get; }

    /// <summary>First row of the video; 0 where there is none.</summary>
    public int VisualStart { get; init; }

    /// <summary>Rows of the video, newlines included; 0 where there is none.</summary>
    public int VisualCount { get; init; }

    /// <summary>
    /// Whether text stands between rows of the video. Then they are no block, and no method can act on them inside the language model.
    /// </summary>
    public bool IsCut { get; init; }

    /// <summary>Frames, rows and columns that the visual tokens come from; all 0 where there is no video.</summary>
    public TokenGrid Grid { get; init; }

    /// <summary><c>[VisualCount]</c>: place of each visual row in the grid, frame-major; -1 for a newline vector.</summary>
    public IReadOnlyList<int> Places { get; init; } = [];

    /// <summary>The reduction that the video went through before; null for none.</summary>
    public ReductionPlan? Plan { get; init; }

    /// <summary>
    /// <c>[VisualCount]</c>: which token of <see cref="Plan"/> each visual row is; -1 for a newline vector. Empty without a plan.
    /// </summary>
    public IReadOnlyList<int> PlanTokens { get; init; } = [];
}
