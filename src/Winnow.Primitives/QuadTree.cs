using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Primitives;

/// <summary>
/// Every frame's grid pooled level by level into coarser cells, and the division of the frames into cells that are like their parts: a cell is split where it is not.
/// </summary>
/// <remarks>The quadtree of STTM (arXiv 2507.07990). Sides are halved, rounded up; of an odd side the first row or column stands alone.</remarks>
public sealed class QuadTree
{
    private const int Slots = 4;
    private const double SmallestNorm = 1e-8;
    private readonly int _frames;
    private readonly Level[] _levels;

    private QuadTree(int frames, Level[] levels) => (_frames, _levels) = (frames, levels);

    /// <summary>Pools the grids.</summary>
    /// <param name="features"><c>[F * N, D]</c>, frame-major.</param>
    /// <param name="grid">Frames, rows and columns.</param>
    /// <param name="rootLevel">How many of the coarsest levels are left out; more than there are leave the finest.</param>
    /// <param name="sums">Whether a cell is the sum of its parts instead of their mean.</param>
    public static QuadTree Of(TokenMatrix features, TokenGrid grid, int rootLevel, bool sums)
    {
        var sizes = new List<(int Rows, int Columns)> { (grid.Rows, grid.Columns) };
        while (sizes[0].Rows != 2 && sizes[0].Columns != 2 && sizes[0] != (1, 1))
            sizes.Insert(0, ((sizes[0].Rows + 1) / 2, (sizes[0].Columns + 1) / 2));
        sizes.RemoveRange(0, Math.Min(rootLevel, sizes.Count - 1));
        var levels = new Level[sizes.Count];
        levels[^1] = new Level(grid.Rows, grid.Columns, features.Values, features.Dimension);
        for (int level = levels.Length - 2; level >= 0; level--)
            levels[level] = levels[level + 1].Pool(sizes[level].Rows, sizes[level].Columns, grid.Frames, sums);
        return new QuadTree(grid.Frames, levels);
    }

    /// <summary>Divides all frames.</summary>
    /// <param name="threshold">A cell whose cosine with each of its parts is at least this stays whole.</param>
    /// <returns>Cells in the order of frame, top row, left column.</returns>
    /// <remarks>
    /// As the official code has it, a cell of an odd border, which has fewer than four parts, must also be like the first part of its frame.
    /// </remarks>
    public IReadOnlyList<Cell> Divide(double threshold)
    {
        var cells = new List<Cell>();
        for (int frame = 0; frame < _frames; frame++)
            for (int row = 0; row < _levels[0].Rows; row++)
                for (int column = 0; column < _levels[0].Columns; column++)
                    Divide(0, frame, row, column, threshold, cells);
        (int rows, int columns) = (_levels[^1].Rows, _levels[^1].Columns);
        return [.. cells.OrderBy(cell => (cell.Frame * rows + cell.Top) * columns + cell.Left)];
    }

    /// <summary>A cell's vector.</summary>
    public ReadOnlySpan<float> Feature(Cell cell) => _levels[cell.Level].At(cell.Frame, cell.Row, cell.Column);

    /// <summary>The grid places inside a cell, row-major, and in which shares its vector consists of them.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="sums">Whether it is a sum; shares are 1 then.</param>
    public IEnumerable<(int Place, double Share)> Parts(Cell cell, bool sums) => Parts(cell.Level, cell.Frame, cell.Row, cell.Column, 1, sums).OrderBy(part => part.Place);

    private IEnumerable<(int Place, double Share)> Parts(int level, int frame, int row, int column, double share, bool sums)
    {
        if (level == _levels.Length - 1)
            return [((frame * _levels[^1].Rows + row) * _levels[^1].Columns + column, share)];
        (int Row, int Column)[] children = [.. _levels[level + 1].Children(row, column)];
        return children.SelectMany(child => Parts(level + 1, frame, child.Row, child.Column, sums ? share : share / children.Length, sums));
    }

    private void Divide(int level, int frame, int row, int column, double threshold, List<Cell> cells)
    {
        if (level == _levels.Length - 1 || Likeness(level, frame, row, column) >= threshold)
        {
            (int top, int bottom) = Reach(level, row, rows: true);
            (int left, int right) = Reach(level, column, rows: false);
            cells.Add(new Cell(frame, top, left, bottom, right, level, row, column));
            return;
        }
        foreach ((int childRow, int childColumn) in _levels[level + 1].Children(row, column))
            Divide(level + 1, frame, childRow, childColumn, threshold, cells);
    }

    private double Likeness(int level, int frame, int row, int column)
    {
        double[] known = _levels[level].Likeness ??= NewUnknown(level);
        int index = (frame * _levels[level].Rows + row) * _levels[level].Columns + column;
        if (!double.IsNaN(known[index]))
            return known[index];
        Level finer = _levels[level + 1];
        ReadOnlySpan<float> cell = _levels[level].At(frame, row, column);
        double least = double.PositiveInfinity;
        int children = 0;
        foreach ((int childRow, int childColumn) in finer.Children(row, column))
        {
            least = Math.Min(least, Cosine(cell, finer.At(frame, childRow, childColumn)));
            children++;
        }
        return known[index] = children == Slots ? least : Math.Min(least, Cosine(cell, finer.At(frame, 0, 0)));
    }

    private double[] NewUnknown(int level)
    {
        double[] unknown = new double[_frames * _levels[level].Rows * _levels[level].Columns];
        Array.Fill(unknown, double.NaN);
        return unknown;
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b) =>
        InnerProducts.Of(a, b) / (Math.Max(Math.Sqrt(InnerProducts.Of(a, a)), SmallestNorm) * Math.Max(Math.Sqrt(InnerProducts.Of(b, b)), SmallestNorm));

    /// <summary>First and end row or column of the finest grid that a cell of a level covers.</summary>
    private (int First, int End) Reach(int level, int cell, bool rows)
    {
        (int first, int end) = (cell, cell + 1);
        for (int finer = level + 1; finer < _levels.Length; finer++)
        {
            int length = rows ? _levels[finer].Rows : _levels[finer].Columns;
            (first, end) = (Level.Group(first, length).First, Level.Group(end - 1, length).End);
        }
        return (first, end);
    }

    /// <summary>A cell of a frame: a rectangle of grid places.</summary>
    /// <param name="Frame">Frame.</param>
    /// <param name="Top">First row of the grid.</param>
    /// <param name="Left">First column.</param>
    /// <param name="Bottom">Row after the last.</param>
    /// <param name="Right">Column after the last.</param>
    /// <param name="Level">Level of the tree, 0 the coarsest.</param>
    /// <param name="Row">Row in the level.</param>
    /// <param name="Column">Column in the level.</param>
    public readonly record struct Cell(int Frame, int Top, int Left, int Bottom, int Right, int Level, int Row, int Column)
    {
        /// <summary>Number of grid places inside.</summary>
        public int Patches => (Bottom - Top) * (Right - Left);

        /// <summary>Whether all of another rectangle, of whatever frame, lies inside this one.</summary>
        public bool Contains(Cell other) => Top <= other.Top && Left <= other.Left && Bottom >= other.Bottom && Right >= other.Right;
    }

    private sealed class Level(int rows, int columns, ReadOnlyMemory<float> values, int dimension)
    {
        public int Rows => rows;

        public int Columns => columns;

        /// <summary>Least cosine of each cell with its parts, where it is known yet.</summary>
        public double[]? Likeness { get; set; }

        public ReadOnlySpan<float> At(int frame, int row, int column) => values.Span.Slice(((frame * rows + row) * columns + column) * dimension, dimension);

        /// <summary>Which rows (or columns) of a side a coarser cell takes together.</summary>
        public static (int First, int End) Group(int cell, int length) => length % 2 == 0 ? (2 * cell, 2 * cell + 2) : (Math.Max(0, 2 * cell - 1), 2 * cell + 1);

        /// <summary>Cells of this level inside a cell of the coarser one.</summary>
        public IEnumerable<(int Row, int Column)> Children(int row, int column)
        {
            (int top, int bottom) = Group(row, rows);
            (int left, int right) = Group(column, columns);
            for (int r = top; r < bottom; r++)
                for (int c = left; c < right; c++)
                    yield return (r, c);
        }

        public Level Pool(int coarseRows, int coarseColumns, int frames, bool sums)
        {
            float[] pooled = new float[frames * coarseRows * coarseColumns * dimension];
            for (int cell = 0; cell < frames * coarseRows * coarseColumns; cell++)
            {
                Span<float> target = pooled.AsSpan(cell * dimension, dimension);
                int frame = cell / (coarseRows * coarseColumns), children = 0;
                foreach ((int row, int column) in Children(cell / coarseColumns % coarseRows, cell % coarseColumns))
                {
                    System.Numerics.Tensors.TensorPrimitives.Add(target, At(frame, row, column), target);
                    children++;
                }
                if (!sums)
                    System.Numerics.Tensors.TensorPrimitives.Divide(target, children, target);
            }
            return new Level(coarseRows, coarseColumns, pooled, dimension);
        }
    }
}
