using System.Numerics.Tensors;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Primitives;

/// <summary>
/// Every frame's grid pooled level by level into coarser cells, and the division of the frames into cells that are like their parts: a
/// cell that is not is split.
/// </summary>
/// <remarks>
/// The quadtree of STTM (arXiv 2507.07990). Sides are halved, rounded up; of an odd side the first row or column stands alone. As the
/// official code has it, a cell of an odd border, which has fewer than four parts, must also be like the first part of its frame.
/// </remarks>
public sealed class QuadTree
{
    private const int MostParts = 4;
    private const double SmallestNorm = 1e-8;
    private readonly int _frames;
    private readonly Level[] _levels;

    private QuadTree(int frames, Level[] levels) => (_frames, _levels) = (frames, levels);

    /// <summary>Pools the grids, and compares each cell with its parts.</summary>
    /// <param name="features"><c>[F * N, D]</c>, frame-major.</param>
    /// <param name="grid">Frames, rows and columns.</param>
    /// <param name="rootLevel">How many of the coarsest levels are left out; more than there are leave the finest.</param>
    /// <param name="sums">Whether a cell is the sum of its parts instead of their mean.</param>
    /// <param name="headWidth">Likeness is the mean of the cosines of parts of a vector of this width; D for one cosine.</param>
    /// <exception cref="ArgumentException">Heads of that width do not fill a vector.</exception>
    public static QuadTree Of(TokenMatrix features, TokenGrid grid, int rootLevel, bool sums, int headWidth)
    {
        if (headWidth < 1 || features.Dimension % headWidth != 0)
            throw new ArgumentException(
                $"Vectors of length {features.Dimension} do not divide into heads of {headWidth}.", nameof(headWidth));
        var levels = new List<Level> { new(grid.Rows, grid.Columns, features) };
        foreach ((int rows, int columns) in Sizes(grid, rootLevel))
        {
            Level coarse = levels[0].Pool(rows, columns, grid.Frames, sums);
            coarse.Compare(levels[0], grid.Frames, headWidth);
            levels.Insert(0, coarse);
        }
        return new QuadTree(grid.Frames, [.. levels]);
    }

    /// <summary>Divides all frames.</summary>
    /// <param name="threshold">A cell whose likeness with each of its parts is at least this stays whole.</param>
    /// <returns>Cells in the order of frame, top row, left column.</returns>
    public Cell[] Divide(double threshold)
    {
        var cells = new List<Cell>();
        for (int frame = 0; frame < _frames; frame++)
            for (int row = 0; row < _levels[0].Rows; row++)
                for (int column = 0; column < _levels[0].Columns; column++)
                    Divide(0, frame, row, column, threshold, cells);
        return [.. cells.OrderBy(cell => cell.Frame).ThenBy(cell => cell.Top).ThenBy(cell => cell.Left)];
    }

    /// <summary>A cell's vector.</summary>
    public ReadOnlySpan<float> Feature(Cell cell) => _levels[cell.Level].At(cell.Frame, cell.Row, cell.Column);

    /// <summary>The grid places inside a cell, row-major, and in which shares its vector consists of them.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="sums">Whether it is a sum; shares are 1 then.</param>
    public IEnumerable<(int Place, double Share)> Parts(Cell cell, bool sums) =>
        Parts(cell.Level, cell.Frame, cell.Row, cell.Column, 1, sums).OrderBy(part => part.Place);

    /// <summary>Rows and columns of the levels above the grid, finest first: one side of the coarsest is 2.</summary>
    private static IEnumerable<(int Rows, int Columns)> Sizes(TokenGrid grid, int rootLevel)
    {
        var sizes = new List<(int Rows, int Columns)>();
        (int rows, int columns) = (grid.Rows, grid.Columns);
        while (rows != 2 && columns != 2 && rows * columns > 1)
            sizes.Add((rows, columns) = ((rows + 1) / 2, (columns + 1) / 2));
        return sizes.SkipLast(rootLevel);
    }

    private IEnumerable<(int Place, double Share)> Parts(int level, int frame, int row, int column, double share, bool sums)
    {
        if (level == _levels.Length - 1)
            return [((frame * _levels[^1].Rows + row) * _levels[^1].Columns + column, share)];
        (int Row, int Column)[] children = [.. _levels[level + 1].Children(row, column)];
        double each = sums ? share : share / children.Length;
        return children.SelectMany(child => Parts(level + 1, frame, child.Row, child.Column, each, sums));
    }

    private void Divide(int level, int frame, int row, int column, double threshold, List<Cell> cells)
    {
        if (level == _levels.Length - 1 || _levels[level].Likeness(frame, row, column) >= threshold)
        {
            (int top, int bottom) = Reach(level, row, finer => finer.Rows);
            (int left, int right) = Reach(level, column, finer => finer.Columns);
            cells.Add(new Cell(frame, top, left, bottom, right, level, row, column));
            return;
        }
        foreach ((int childRow, int childColumn) in _levels[level + 1].Children(row, column))
            Divide(level + 1, frame, childRow, childColumn, threshold, cells);
    }

    /// <summary>First and end row or column of the grid that a cell of a level covers.</summary>
    private (int First, int End) Reach(int level, int cell, Func<Level, int> side)
    {
        (int first, int end) = (cell, cell + 1);
        foreach (Level finer in _levels.Skip(level + 1))
            (first, end) = (Level.Group(first, side(finer)).First, Level.Group(end - 1, side(finer)).End);
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
        public bool Contains(in Cell other) =>
            Top <= other.Top && Left <= other.Left && Bottom >= other.Bottom && Right >= other.Right;
    }

    private sealed class Level(int rows, int columns, TokenMatrix values)
    {
        private double[] _likeness = [];

        public int Rows => rows;

        public int Columns => columns;

        public ReadOnlySpan<float> At(int frame, int row, int column) => values[Index(frame, row, column)];

        /// <summary>Least likeness of a cell with what it is compared with.</summary>
        public double Likeness(int frame, int row, int column) => _likeness[Index(frame, row, column)];

        /// <summary>Which rows (or columns) of a side a coarser cell takes together.</summary>
        public static (int First, int End) Group(int cell, int length) =>
            length % 2 == 0 ? (2 * cell, 2 * cell + 2) : (Math.Max(0, 2 * cell - 1), 2 * cell + 1);

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
            int dimension = values.Dimension;
            float[] pooled = new float[frames * coarseRows * coarseColumns * dimension];
            for (int cell = 0; cell < frames * coarseRows * coarseColumns; cell++)
            {
                Span<float> target = pooled.AsSpan(cell * dimension, dimension);
                (int frame, int children) = (cell / (coarseRows * coarseColumns), 0);
                foreach ((int row, int column) in Children(cell / coarseColumns % coarseRows, cell % coarseColumns))
                {
                    TensorPrimitives.Add(target, At(frame, row, column), target);
                    children++;
                }
                if (!sums)
                    TensorPrimitives.Divide(target, children, target);
            }
            return new Level(coarseRows, coarseColumns, new TokenMatrix(pooled, dimension));
        }

        public void Compare(Level finer, int frames, int headWidth)
        {
            _likeness = new double[frames * rows * columns];
            for (int cell = 0; cell < _likeness.Length; cell++)
            {
                (int frame, int row, int column) = (cell / (rows * columns), cell / columns % rows, cell % columns);
                (int Row, int Column)[] parts = [.. finer.Children(row, column)];
                double least = parts.Min(part => MeanCosine(values[cell], finer.At(frame, part.Row, part.Column), headWidth));
                _likeness[cell] = parts.Length == MostParts ? least
                    : Math.Min(least, MeanCosine(values[cell], finer.At(frame, 0, 0), headWidth));
            }
        }

        private int Index(int frame, int row, int column) => (frame * rows + row) * columns + column;

        private static double MeanCosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int width)
        {
            double sum = 0;
            for (int head = 0; head < a.Length; head += width)
                sum += Cosine(a.Slice(head, width), b.Slice(head, width));
            return sum / (a.Length / width);
        }

        private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => InnerProducts.Of(a, b)
            / (Math.Max(Math.Sqrt(InnerProducts.Of(a, a)), SmallestNorm) * Math.Max(Math.Sqrt(InnerProducts.Of(b, b)), SmallestNorm));
    }
}
