using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Methods;

/// <summary>Every frame averaged to a coarser grid.</summary>
public sealed class Pool(Pool.Options options) : ITokenReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "pool",
        Name = "Pool",
        Paper = "Baseline: spatial average pooling",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Baseline,
        ChooseWhen = "as the yardstick that merges by place alone",
        BudgetRule = "the largest grid of at most retention * tokens per frame that keeps the frame's shape best; at least one token a "
            + "frame",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Compact,
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        TokenGrid grid = input.Grid;
        (int rows, int columns) = CoarseGrid(grid, Math.Max(1, Budgets.Round(options.Retention * grid.TokensPerFrame, Rounding.Floor)));
        var plan = new ReductionPlanBuilder(grid.Count);
        for (int t = 0; t < grid.Frames; t++)
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < columns; c++)
                {
                    int[] members = Cell(grid, t, r * grid.Rows / rows, (r + 1) * grid.Rows / rows, c * grid.Columns / columns,
                        (c + 1) * grid.Columns / columns);
                    plan.Mean(members[members.Length / 2], members);
                }
        return plan.Build();
    }

    private static int[] Cell(TokenGrid grid, int frame, int top, int bottom, int left, int right) =>
        [.. from row in Enumerable.Range(top, bottom - top) from column in Enumerable.Range(left, right - left)
            select (frame * grid.Rows + row) * grid.Columns + column];

    // The most tokens win; among equals the cells nearest to the shape of the frame's own cells.
    private static (int Rows, int Columns) CoarseGrid(TokenGrid grid, int limit)
    {
        (int Rows, int Columns) best = (1, 1);
        double bestStretch = double.PositiveInfinity;
        for (int rows = 1; rows <= grid.Rows; rows++)
        {
            int columns = Math.Min(grid.Columns, limit / rows);
            if (columns == 0)
                break;
            double stretch = Math.Abs(Math.Log((double)rows / grid.Rows * grid.Columns / columns));
            if (Stretched(rows, columns) is false
                && (rows * columns > best.Rows * best.Columns || (rows * columns == best.Rows * best.Columns && stretch < bestStretch)))
                (best, bestStretch) = ((rows, columns), stretch);
        }
        return best;

        // A cell more than twice as long as wide is no coarser picture of the frame.
        bool Stretched(int rows, int columns) =>
            rows * columns > 1 && Math.Abs(Math.Log((double)rows / grid.Rows * grid.Columns / columns)) > Math.Log(2.01);
    }

    /// <summary>There is nothing to set but the retention.</summary>
    public sealed record Options : ReducerOptions;
}
