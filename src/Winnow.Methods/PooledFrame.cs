using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Methods;

/// <summary>The cells that <see cref="FreeVideoLlm"/> pools a frame to, and the grid in which its crop reads them.</summary>
internal sealed class PooledFrame
{
    private readonly bool _maximum;

    private PooledFrame(int[][] cells, int rows, int columns, bool maximum) =>
        (Cells, Rows, Columns, _maximum) = (cells, rows, columns, maximum);

    /// <summary>Places of a frame under each cell.</summary>
    public int[][] Cells { get; }

    /// <summary>Rows of cells.</summary>
    public int Rows { get; }

    /// <summary>Cells in a row.</summary>
    public int Columns { get; }

    /// <summary>The cells of a grid's frames.</summary>
    /// <param name="grid">Rows and columns before.</param>
    /// <param name="pooling">The rule.</param>
    /// <param name="official">
    /// Whether pairs run over the ends of rows, incomplete cells are dropped, and half the rows of full width are taken for the pooled
    /// grid, whatever was pooled.
    /// </param>
    public static PooledFrame Of(TokenGrid grid, FramePooling pooling, bool official)
    {
        bool maximum = pooling is FramePooling.PairMaximum or FramePooling.VerticalMaximum or FramePooling.SquareMaximum;
        int high = pooling is FramePooling.VerticalMaximum or FramePooling.SquareMaximum or FramePooling.SquareMean ? 2 : 1;
        int wide = pooling is FramePooling.None or FramePooling.VerticalMaximum ? 1 : 2;
        if (official && pooling is FramePooling.PairMaximum or FramePooling.PairMean)
        {
            int[][] pairs = [.. Enumerable.Range(0, grid.TokensPerFrame / 2).Select(i => new[] { 2 * i, 2 * i + 1 })];
            return new PooledFrame(pairs, grid.Rows / 2, grid.Columns, maximum);
        }
        int rows = (official ? grid.Rows : grid.Rows + high - 1) / high;
        int columns = (official ? grid.Columns : grid.Columns + wide - 1) / wide;
        int[][] cells = [.. Enumerable.Range(0, rows * columns)
            .Select(cell => Block(grid, cell / columns * high, cell % columns * wide, high, wide))];
        return official ? new PooledFrame(cells, grid.Rows / 2, grid.Columns, maximum) : new PooledFrame(cells, rows, columns, maximum);
    }

    /// <summary>Adds a cell of a frame to a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="cell">Number of the cell.</param>
    /// <param name="first">The frame's first token.</param>
    public void Emit(ReductionPlanBuilder plan, int cell, int first)
    {
        int[] members = Array.ConvertAll(Cells[cell], place => first + place);
        if (members.Length == 1)
            plan.Keep(members[0]);
        else if (_maximum)
            plan.Maximum(members[0], members);
        else
            plan.Mean(members[0], members);
    }

    /// <summary>Pools one frame's vectors.</summary>
    /// <param name="frame"><c>[N, D]</c>.</param>
    /// <returns><c>[cells, D]</c>.</returns>
    public TokenMatrix Apply(TokenMatrix frame)
    {
        var plan = new ReductionPlanBuilder(frame.Count);
        for (int cell = 0; cell < Cells.Length; cell++)
            Emit(plan, cell, 0);
        return new TokenMatrix(plan.Build().Apply(frame), frame.Dimension);
    }

    private static int[] Block(TokenGrid grid, int top, int left, int high, int wide) =>
        [.. from row in Enumerable.Range(top, Math.Min(high, grid.Rows - top))
            from column in Enumerable.Range(left, Math.Min(wide, grid.Columns - left))
            select row * grid.Columns + column];
}
