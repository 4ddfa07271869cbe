using Winnow.Models.Configuration;
using Winnow.Models.Families;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Models.Tests.Families;

public sealed class NewlineArrangementTests
{
    private const int N = VisualRow.Newline;
    private static readonly TokenGrid Grid = new(2, 2, 3);

    [Theory]
    [InlineData(NewlineLayout.OneToken, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, N })]
    [InlineData(NewlineLayout.Frame, new[] { 0, 1, 2, 3, 4, 5, N, 6, 7, 8, 9, 10, 11, N })]
    [InlineData(NewlineLayout.Grid, new[] { 0, 1, 2, N, 3, 4, 5, N, 6, 7, 8, N, 9, 10, 11, N })]
    [InlineData(NewlineLayout.NoToken, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 })]
    public void Whole_video_has_every_row_in_order(NewlineLayout layout, int[] expected)
    {
        var arrangement = new NewlineArrangement(layout, Grid);
        List<VisualRow> rows = arrangement.Arrange(null);
        Assert.Equal(expected, rows.Select(row => row.Token));
        Assert.Equal(Enumerable.Range(0, arrangement.Length), rows.Select(row => row.Index));
    }

    [Theory]
    [InlineData(NewlineLayout.OneToken, new[] { 0, 1, 2, N }, new[] { 1, 2, 9, 12 })]
    [InlineData(NewlineLayout.Frame, new[] { 0, 1, N, 2, N }, new[] { 1, 2, 6, 10, 13 })]
    [InlineData(NewlineLayout.Grid, new[] { 0, 1, N, 2, N }, new[] { 1, 2, 3, 12, 15 })]
    [InlineData(NewlineLayout.NoToken, new[] { 0, 1, 2 }, new[] { 1, 2, 9 })]
    public void Reduced_video_keeps_the_indices_of_the_whole(NewlineLayout layout, int[] tokens, int[] indices)
    {
        List<VisualRow> rows = new NewlineArrangement(layout, Grid).Arrange(ReductionPlan.Keep([1, 2, 9], Grid.Count));
        Assert.Equal(tokens, rows.Select(row => row.Token));
        Assert.Equal(indices, rows.Select(row => row.Index));
    }

    [Fact]
    public void Order_of_the_plan_is_kept_and_a_frame_is_closed_once()
    {
        List<VisualRow> rows = new NewlineArrangement(NewlineLayout.Frame, Grid).Arrange(ReductionPlan.Keep([9, 1, 7, 0], Grid.Count));
        Assert.Equal([0, 1, 2, N, 3, N], rows.Select(row => row.Token));
        Assert.Equal([10, 1, 8, 13, 0, 6], rows.Select(row => row.Index));
    }
}
