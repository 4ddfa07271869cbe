using Winnow.Primitives;

namespace Winnow.Tests.Primitives;

public class BipartiteMatchingTests
{
    [Theory]
    [InlineData(1, 2, 1)]
    [InlineData(2, 9, 3)]
    [InlineData(3, 16, 8)]
    public void Of_agrees_with_a_search_over_all_pairs(int seed, int count, int pairs)
    {
        var similarity = new RealMatrix(count + 3, count + 3);
        // Few distinct values, so that ties are common.
        Samples.Numbers(seed, similarity.Values.Length, 6).CopyTo(similarity.Values, 0);
        int[] list = TopK.Largest(Samples.Numbers(seed + 1, count + 3), count, EmitBy.Score);

        var matching = BipartiteMatching.Of(similarity, list, pairs);

        int[] even = [.. list.Where((_, place) => place % 2 == 0)], odd = [.. list.Where((_, place) => place % 2 == 1)];
        int[] partners = [.. even.Select(a => Enumerable.Range(0, odd.Length).MaxBy(b => similarity[a, odd[b]]))];
        int[] ranking = [.. Enumerable.Range(0, even.Length).OrderByDescending(a => similarity[even[a], odd[partners[a]]])];
        Assert.Equal(partners, matching.Partners);
        Assert.Equal(even.Select((a, i) => similarity[a, odd[partners[i]]]), matching.Scores);
        Assert.Equal(ranking[..pairs], matching.Accepted);
        Assert.Equal(ranking[pairs..], matching.Refused);
    }

    [Fact]
    public void Single_item_has_no_partner()
    {
        var matching = BipartiteMatching.Of(new RealMatrix(1, 1), [0], 0);

        Assert.Equal([-1], matching.Partners);
        Assert.Equal([0], matching.Refused);
        Assert.Throws<ArgumentOutOfRangeException>(() => BipartiteMatching.Of(new RealMatrix(1, 1), [0], 1));
    }
}
