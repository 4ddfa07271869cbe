using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests.Primitives;

public class GridResamplingTests
{
    // Float32 weights of at most a few dozen sources.
    private const double Tolerance = 1e-5;

    private static readonly (int Rows, int Columns)[] Sizes = [(1, 1), (2, 3), (5, 4), (4, 7), (9, 2)];

    [Fact]
    public void Bilinear_agrees_with_interpolation_at_half_pixel_centres()
    {
        var grid = new TokenGrid(2, 5, 4);
        TokenMatrix features = Samples.Vectors(1, grid.Count, 3);
        foreach ((int rows, int columns) in Sizes)
        {
            var plan = new ReductionPlanBuilder(grid.Count);
            GridResampling.Bilinear(plan, grid, 1, rows, columns);
            float[] resized = plan.Build().Apply(features);

            for (int i = 0; i < rows * columns; i++)
                for (int d = 0; d < 3; d++)
                    Assert.Equal(Interpolated(features, grid, (i / columns + 0.5) * 5 / rows - 0.5,
                        (i % columns + 0.5) * 4 / columns - 0.5, d), resized[i * 3 + d], Tolerance);
        }
    }

    [Fact]
    public void Average_agrees_with_the_mean_over_the_cell()
    {
        var grid = new TokenGrid(1, 5, 4);
        TokenMatrix features = Samples.Vectors(2, grid.Count, 3);
        foreach ((int rows, int columns) in Sizes)
        {
            var plan = new ReductionPlanBuilder(grid.Count);
            GridResampling.Average(plan, grid, 0, rows, columns);
            float[] resized = plan.Build().Apply(features);

            for (int i = 0; i < rows * columns; i++)
                for (int d = 0; d < 3; d++)
                {
                    var cell = new List<double>();
                    for (int row = 0; row < 5; row++)
                        for (int column = 0; column < 4; column++)
                            if (Covers(i / columns, rows, 5, row) && Covers(i % columns, columns, 4, column))
                                cell.Add(features[row * 4 + column][d]);
                    Assert.Equal(cell.Average(), resized[i * 3 + d], Tolerance);
                }
        }
    }

    [Fact]
    public void Same_size_keeps_every_token_at_its_place()
    {
        var grid = new TokenGrid(2, 3, 4);
        var plan = new ReductionPlanBuilder(grid.Count);
        GridResampling.Bilinear(plan, grid, 1, 3, 4);

        ReductionPlan built = plan.Build();

        Assert.Equal(Enumerable.Range(12, 12), built.Places);
        Assert.Equal(Enumerable.Range(12, 12), built.Sources);
    }

    [Fact]
    public void Place_of_a_coarse_token_is_the_token_under_its_centre()
    {
        var plan = new ReductionPlanBuilder(12);
        GridResampling.Average(plan, new TokenGrid(1, 3, 4), 0, 1, 2);

        Assert.Equal([5, 7], plan.Build().Places);
    }

    private static bool Covers(int cell, int cells, int places, int place) =>
        place >= Math.Floor((double)cell * places / cells) && place < Math.Ceiling((cell + 1.0) * places / cells);

    private static double Interpolated(TokenMatrix features, TokenGrid grid, double row, double column, int d)
    {
        row = Math.Clamp(row, 0, grid.Rows - 1);
        column = Math.Clamp(column, 0, grid.Columns - 1);
        double value = 0;
        for (int r = 0; r < grid.Rows; r++)
            for (int c = 0; c < grid.Columns; c++)
                value += Math.Max(0, 1 - Math.Abs(r - row)) * Math
                    .Max(0, 1 - Math.Abs(c - column)) * features[(grid.Rows + r) * grid.Columns + c][d];
        return value;
    }
}
