using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Primitives;

/// <summary>Brings a frame's grid of tokens to another size; every new token is a weighted mean of the old ones under it.</summary>
/// <remarks>Its place is the old token under its centre.</remarks>
public static class GridResampling
{
    /// <summary>
    /// Interpolates between the two nearest rows and columns; half-pixel centres, corners not aligned, no filter against aliasing.
    /// </summary>
    /// <param name="plan">Takes the new tokens, row-major.</param>
    /// <param name="grid">The old grid.</param>
    /// <param name="frame">Which frame.</param>
    /// <param name="rows">New rows, at least 1.</param>
    /// <param name="columns">New columns, at least 1.</param>
    public static void Bilinear(ReductionPlanBuilder plan, TokenGrid grid, int frame, int rows, int columns) =>
        Emit(plan, grid, frame, Interpolation(grid.Rows, rows), Interpolation(grid.Columns, columns));

    /// <summary>
    /// Averages cells: row i covers the old rows <c>floor(i * old / new) .. ceil((i + 1) * old / new) - 1</c>, likewise columns. Cells
    /// overlap where the sizes do not divide.
    /// </summary>
    /// <inheritdoc cref="Bilinear"/>
    public static void Average(ReductionPlanBuilder plan, TokenGrid grid, int frame, int rows, int columns) =>
        Emit(plan, grid, frame, Cells(grid.Rows, rows), Cells(grid.Columns, columns));

    private static void Emit(ReductionPlanBuilder plan, TokenGrid grid, int frame, Span[] rows, Span[] columns)
    {
        float size = (float)grid.TokensPerFrame / (rows.Length * columns.Length);
        foreach (Span row in rows)
            foreach (Span column in columns)
            {
                int[] members = new int[row.Weights.Length * column.Weights.Length];
                float[] weights = new float[members.Length];
                for (int i = 0; i < members.Length; i++)
                {
                    (int r, int c) = (i / column.Weights.Length, i % column.Weights.Length);
                    members[i] = Token(row.Start + r, column.Start + c);
                    weights[i] = (float)(row.Weights[r] * column.Weights[c]);
                }
                plan.Sum(Token(row.Centre, column.Centre), members, weights, size);
            }

        int Token(int row, int column) => (frame * grid.Rows + row) * grid.Columns + column;
    }

    private static Span[] Interpolation(int old, int wanted)
    {
        var spans = new Span[wanted];
        for (int i = 0; i < wanted; i++)
        {
            double coordinate = Math.Max((i + 0.5) * old / wanted - 0.5, 0);
            int low = Math.Min((int)coordinate, old - 1);
            double second = coordinate - low;
            spans[i] = new Span(low, Centre(i, old, wanted), second == 0 || low + 1 == old ? [1] : [1 - second, second]);
        }
        return spans;
    }

    private static Span[] Cells(int old, int wanted)
    {
        var spans = new Span[wanted];
        for (int i = 0; i < wanted; i++)
        {
            int start = (int)((long)i * old / wanted), end = (int)(((i + 1L) * old + wanted - 1) / wanted);
            double[] weights = new double[end - start];
            Array.Fill(weights, 1.0 / weights.Length);
            spans[i] = new Span(start, Centre(i, old, wanted), weights);
        }
        return spans;
    }

    private static int Centre(int i, int old, int wanted) => (int)((2L * i + 1) * old / (2L * wanted));

    /// <summary>Neighbouring places along one axis from <paramref name="Start"/> on, with their weights.</summary>
    private readonly record struct Span(int Start, int Centre, double[] Weights);
}
