using Winnow.Video;

namespace Winnow.Evaluation.Pictures;

/// <summary>
/// Shows on a frame what was kept of it: dropped tokens are dimmed, repeated ones blue, tokens
/// merged into one share an outline of one colour.
/// </summary>
internal static class KeptPainter
{
    /// <summary>Paints a frame in its own size; the frame itself stays as it is.</summary>
    /// <param name="frame">The picture that the tokens were made from.</param>
    /// <param name="number">Its number among the frames of the grid.</param>
    /// <param name="kept">What became of the tokens.</param>
    public static Frame Paint(Frame frame, int number, KeptTokens kept)
    {
        var canvas = new Canvas(frame.Width, frame.Height, Rgb.Page);
        canvas.Draw(frame, 0, 0);
        TokenGrid grid = kept.Grid;
        int first = number * grid.TokensPerFrame;
        // Every token is dimmed or left before any outline is drawn, so that no neighbour dims a line.
        for (int place = 0; place < grid.TokensPerFrame; place++)
        {
            (int left, int top, int right, int bottom) = Cell(frame, grid, place);
            if (kept.IsDropped(first + place))
                canvas.Dim(left, top, right - left, bottom - top);
            else if (kept.IsRepeated(first + place))
                canvas.Tint(left, top, right - left, bottom - top, Rgb.Repeat);
        }
        for (int place = 0; place < grid.TokensPerFrame; place++)
            if (kept.GroupOf(first + place) is { } group)
                Outline(canvas, frame, kept, first, place, group);
        return canvas.ToFrame(frame.Index, frame.Time);
    }

    private static void Outline(Canvas canvas, Frame frame, KeptTokens kept, int first, int place, int group)
    {
        TokenGrid grid = kept.Grid;
        (int left, int top, int right, int bottom) = Cell(frame, grid, place);
        int row = place / grid.Columns, column = place % grid.Columns;
        int thickness = Math.Max(1, Math.Min(frame.Width / grid.Columns, frame.Height / grid.Rows) / 14);
        Rgb colour = Rgb.Groups[group % Rgb.Groups.Count];
        if (!Shares(row - 1, column))
            canvas.Fill(left, top, right - left, thickness, colour);
        if (!Shares(row + 1, column))
            canvas.Fill(left, bottom - thickness, right - left, thickness, colour);
        if (!Shares(row, column - 1))
            canvas.Fill(left, top, thickness, bottom - top, colour);
        if (!Shares(row, column + 1))
            canvas.Fill(right - thickness, top, thickness, bottom - top, colour);

        bool Shares(int otherRow, int otherColumn) =>
            otherRow >= 0 && otherRow < grid.Rows && otherColumn >= 0 && otherColumn < grid.Columns
                && kept.GroupOf(first + otherRow * grid.Columns + otherColumn) == group;
    }

    private static (int Left, int Top, int Right, int Bottom) Cell(Frame frame, TokenGrid grid, int place)
    {
        int row = place / grid.Columns, column = place % grid.Columns;
        return (
            column * frame.Width / grid.Columns,
            row * frame.Height / grid.Rows,
            (column + 1) * frame.Width / grid.Columns,
            (row + 1) * frame.Height / grid.Rows);
    }
}
