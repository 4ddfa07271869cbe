using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests.Primitives;

public class QuadTreeTests
{
    public static TheoryData<int, int, int, int> Grids => new()
    {
        { 2, 14, 14, 1 },
        { 3, 13, 9, 0 },
        { 1, 7, 10, 0 },
        { 2, 2, 5, 1 },
        { 2, 1, 6, 0 },
        { 1, 1, 1, 2 },
    };

    [Theory]
    [MemberData(nameof(Grids))]
    public void Cells_cover_every_place_once_in_order_whatever_the_threshold(int frames, int rows, int columns, int rootLevel)
    {
        var grid = new TokenGrid(frames, rows, columns);
        QuadTree tree = QuadTree.Of(Samples.Vectors(3, grid.Count, 4), grid, rootLevel, sums: false, headWidth: 4);
        foreach (double threshold in new[] { -1, 0, 0.4, 0.8, 1.1 })
        {
            QuadTree.Cell[] cells = tree.Divide(threshold);

            Assert.Equal(Enumerable.Range(0, grid.Count), cells.SelectMany(cell => PlacesOf(cell, grid)).Order());
            Assert.Equal(cells.Select(cell => PlacesOf(cell, grid).First()).Order(), cells.Select(cell => PlacesOf(cell, grid).First()));
            Assert.All(cells, cell => Assert.Equal(cell.Patches, PlacesOf(cell, grid).Count()));
        }
    }

    [Theory]
    [MemberData(nameof(Grids))]
    public void Vector_of_a_cell_is_the_sum_of_its_parts_in_their_shares(int frames, int rows, int columns, int rootLevel)
    {
        var grid = new TokenGrid(frames, rows, columns);
        TokenMatrix vectors = Samples.Vectors(4, grid.Count, 4);
        foreach (bool sums in new[] { false, true })
        {
            QuadTree tree = QuadTree.Of(vectors, grid, rootLevel, sums, headWidth: 4);
            foreach (QuadTree.Cell cell in tree.Divide(-1))
            {
                (int Place, double Share)[] parts = [.. tree.Parts(cell, sums)];
                Assert.Equal(PlacesOf(cell, grid), parts.Select(part => part.Place));
                Assert.Equal(sums ? cell.Patches : 1, parts.Sum(part => part.Share), 1e-12);
                for (int i = 0; i < 4; i++)
                    Assert.Equal(parts.Sum(part => part.Share * vectors[part.Place][i]), tree.Feature(cell)[i], 1e-5);
            }
        }
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 16)]
    public void Equal_tokens_stay_the_coarsest_cells_that_the_root_allows(int rootLevel, int cells)
    {
        var grid = new TokenGrid(2, 4, 4);
        var equal = new TokenMatrix(Enumerable.Repeat(0.5f, grid.Count * 3).ToArray(), 3);
        QuadTree tree = QuadTree.Of(equal, grid, rootLevel, sums: false, headWidth: 3);

        Assert.Equal(2 * cells, tree.Divide(0.99).Length);
    }

    [Fact]
    public void Tokens_of_zeros_are_like_nothing()
    {
        var grid = new TokenGrid(1, 4, 4);

        Assert.Equal(16, QuadTree.Of(new TokenMatrix(new float[16 * 3], 3), grid, 0, sums: false, headWidth: 3).Divide(0.5).Length);
    }

    [Theory]
    [InlineData(1f, 4)]
    [InlineData(-1f, 6)]
    public void Cell_of_an_odd_border_must_also_be_like_the_first_part_of_its_frame(float first, int cells)
    {
        // Of 3 x 3 places the first row and column stand alone: two cells of two parts, beside the corner's own and one of four parts.
        float[] values = [first, 1, 1, 1, 1, 1, 1, 1, 1];
        QuadTree tree = QuadTree.Of(new TokenMatrix(values, 1), new TokenGrid(1, 3, 3), 0, sums: false, headWidth: 1);

        Assert.Equal(cells, tree.Divide(0.9).Length);
    }

    [Theory]
    [InlineData(4, 4)]
    [InlineData(2, 16)]
    public void Likeness_of_heads_is_the_mean_of_their_cosines(int headWidth, int cells)
    {
        // The second head is short, so that it hardly counts in the cosine of the whole; it points another way in every other column.
        float[] values = [.. Enumerable.Range(0, 16).SelectMany(place => new[] { 1f, 1f, 0.05f, place % 2 == 0 ? 0.05f : -0.05f })];
        QuadTree tree = QuadTree.Of(new TokenMatrix(values, 4), new TokenGrid(1, 4, 4), 0, sums: false, headWidth);

        Assert.Equal(cells, tree.Divide(0.9).Length);
    }

    [Fact]
    public void Heads_that_do_not_fill_a_vector_are_refused()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => QuadTree.Of(Samples.Vectors(1, 4, 8), new TokenGrid(1, 2, 2), 0, sums: false, headWidth: 3));

        Assert.Contains("heads of 3", error.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<int> PlacesOf(QuadTree.Cell cell, TokenGrid grid) =>
        from row in Enumerable.Range(cell.Top, cell.Bottom - cell.Top)
        from column in Enumerable.Range(cell.Left, cell.Right - cell.Left)
        select (cell.Frame * grid.Rows + row) * grid.Columns + column;
}
