using Winnow.Primitives;

namespace Winnow.Tests.Primitives;

public class GreedySelectionTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(17, 17)]
    [InlineData(30, 8)]
    public void MaxMin_agrees_with_recomputing_every_distance(int count, int picks)
    {
        RealMatrix distances = Similarity.ScaledDistances(Samples.Vectors(count, count, 3));

        (int[] order, double[] found) = GreedySelection.MaxMin<double>(count, picks, 0, Rows(distances));

        var plain = new List<int> { 0 };
        while (plain.Count < picks)
            plain.Add(Enumerable.Range(0, count).Except(plain).MaxBy(i => plain.Min(p => distances[p, i])));
        Assert.Equal(plain, order);
        for (int k = 1; k < picks; k++)
            Assert.Equal(plain[..k].Min(p => distances[p, order[k]]), found[k]);
    }

    [Fact]
    public void MaxMin_of_equal_tokens_takes_the_lowest_and_repeats_only_if_allowed()
    {
        var equal = new RealMatrix(4, 4);

        Assert.Equal([2, 0, 1], GreedySelection.MaxMin<double>(4, 3, 2, Rows(equal)).Order);
        Assert.Equal([2, 0, 0], GreedySelection.MaxMin<double>(4, 3, 2, Rows(equal), mayRepeat: true).Order);
    }

    [Fact]
    public void SecondSmallest_agrees_with_a_sort()
    {
        RealMatrix distances = Similarity.ScaledDistances(Samples.Vectors(5, 12, 2));

        double[] second = GreedySelection.SecondSmallest<double>(12, Rows(distances));

        Assert.Equal(Enumerable.Range(0, 12).Select(j => Enumerable.Range(0, 12).Select(i => distances[i, j]).Order().ElementAt(1)), second);
    }

    [Fact]
    public void Suppress_sets_similar_tokens_behind()
    {
        var similarity = new RealMatrix(4, 4);
        (similarity[3, 1], similarity[1, 3]) = (0.9, 0.9);

        Assert.Equal([3, 0, 2], GreedySelection.Suppress([2.0, 4.0, 1.0, 5.0], 3, Rows(similarity), 0.8));
        Assert.Equal([3, 0, 2, 1], GreedySelection.Suppress([2.0, 4.0, 1.0, 5.0], 4, Rows(similarity), 0.8));
    }

    private static GreedySelection.RowOf<double> Rows(RealMatrix matrix) => (token, row) => matrix[token].CopyTo(row);
}
