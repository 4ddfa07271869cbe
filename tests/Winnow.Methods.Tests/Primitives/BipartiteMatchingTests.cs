using Winnow.Primitives;

namespace Winnow.Tests.Primitives;

public class BipartiteMatchingTests
{
    [Fact]
    public void Partner_is_the_first_of_the_most_similar()
    {
        var similarity = new RealMatrix(3, 3);
        new double[] { 1, 3, 3, 5, 2, 5, 3, 1, 2 }.CopyTo(similarity.Values, 0);

        BipartiteMatching matching = BipartiteMatching.Of(similarity);

        Assert.Equal([1, 0, 0], matching.Partner);
        Assert.Equal([3.0, 5.0, 3.0], matching.Score);
        Assert.Equal([1, 0, 2], matching.ByScore());
    }

    [Fact]
    public void No_target_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => BipartiteMatching.Of(new RealMatrix(2, 0)));
}
