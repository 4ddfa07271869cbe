using Winnow.Models.Configuration;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Models.Families;

/// <summary>Where a video's tokens and newline vectors stand in its sequence of rows, before and after a reduction.</summary>
/// <remarks>
/// Newlines take no part in a reduction: the one after the whole video always stays; one that closes a frame or a row of tokens follows the
/// last token kept of it, and goes where none is kept.
/// </remarks>
internal readonly struct NewlineArrangement(NewlineLayout layout, TokenGrid grid)
{
    /// <summary>Rows of the whole video, newlines included.</summary>
    public int Length => grid.Count + Newlines;

    /// <summary>Frames of the video.</summary>
    public int Frames => grid.Frames;

    /// <summary>Index of a frame's first row among the rows of the whole video.</summary>
    public int StartOf(int frame) => IndexOf(frame * grid.TokensPerFrame);

    private int Newlines => layout switch
    {
        NewlineLayout.OneToken => 1,
        NewlineLayout.Frame => grid.Frames,
        NewlineLayout.Grid => grid.Frames * grid.Rows,
        _ => 0,
    };

    /// <summary>Tokens between two newlines.</summary>
    private int GroupLength => layout switch
    {
        NewlineLayout.Frame => grid.TokensPerFrame,
        NewlineLayout.Grid => grid.Columns,
        _ => grid.Count,
    };

    /// <summary>The rows in order, tokens as the plan left them.</summary>
    /// <param name="plan">The reduction; null for none.</param>
    public List<VisualRow> Arrange(ReductionPlan? plan)
    {
        int count = plan?.Count ?? grid.Count;
        var lastOfGroup = new Dictionary<int, int>();
        for (int token = 0; token < count; token++)
            lastOfGroup[PlaceOf(plan, token) / GroupLength] = token;
        var rows = new List<VisualRow>(count + Newlines);
        for (int token = 0; token < count; token++)
        {
            int place = PlaceOf(plan, token), group = place / GroupLength;
            rows.Add(new VisualRow(token, IndexOf(place)));
            if (Newlines > 1 && lastOfGroup[group] == token)
                rows.Add(new VisualRow(VisualRow.Newline, IndexOf((group + 1) * GroupLength - 1) + 1));
        }
        if (layout == NewlineLayout.OneToken)
            rows.Add(new VisualRow(VisualRow.Newline, grid.Count));
        return rows;
    }

    private static int PlaceOf(ReductionPlan? plan, int token) => plan?.Places[token] ?? token;

    /// <summary>Index of a token among the rows of the whole video.</summary>
    private int IndexOf(int token) => token + (layout is NewlineLayout.Frame or NewlineLayout.Grid ? token / GroupLength : 0);
}

/// <summary>One row of a video.</summary>
/// <param name="Token">Which token, counted after the reduction, or <see cref="Newline"/>.</param>
/// <param name="Index">Its index among the rows of the whole, unreduced video.</param>
internal readonly record struct VisualRow(int Token, int Index)
{
    public const int Newline = -1;
}
