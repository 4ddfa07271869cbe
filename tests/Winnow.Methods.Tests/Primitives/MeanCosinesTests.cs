using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Tests.Primitives;

public class MeanCosinesTests
{
    // Products in float32, and means that may be short.
    private const double Tolerance = 1e-5;

    [Theory]
    [InlineData(1, 9)]
    [InlineData(2, 5)]
    public void From_agrees_with_cosines_of_the_means(int seed, int dimension)
    {
        TokenMatrix vectors = Samples.Vectors(seed, 12, dimension);
        int[][] groups = [[3], [4, 9, 5], [8, 2], [7]];
        var plan = new ReductionPlanBuilder(12);
        foreach (int[] group in groups)
            plan.Mean(group[0], group);
        float[] means = new float[groups.Length * dimension];
        plan.Build().Apply(vectors, means);
        RealMatrix expected = Similarity.Cosines(new TokenMatrix(means, dimension));

        var cosines = new MeanCosines(new CosineTable(vectors), groups);

        double[] row = new double[groups.Length];
        for (int g = 0; g < groups.Length; g++)
        {
            cosines.From(g, row);
            Assert.All(row, (cosine, other) => Assert.Equal(expected[g, other], cosine, Tolerance));
        }
        // A threshold between two cosines, so that rounding decides nothing.
        double threshold = 0.05;
        Assert.Equal(
            from a in Enumerable.Range(0, groups.Length)
            from b in Enumerable.Range(a + 1, groups.Length - a - 1)
            where expected[a, b] > threshold
            select (a, b),
            cosines.PairsAbove(threshold));
    }

    [Fact]
    public void Zeros_resemble_each_other_only()
    {
        var cosines = new MeanCosines(new CosineTable(new TokenMatrix(new float[] { 0, 0, 1, 2, 0, 0 }, 2)), [[0], [1], [2]]);
        double[] row = new double[3];
        cosines.From(0, row);

        Assert.Equal([1, 0, 1], row);
    }

    [Fact]
    public void Sum_of_a_stretch_agrees_with_products_added_up()
    {
        TokenMatrix vectors = Samples.Vectors(6, 700, 3);
        double[] weights = [0.5, 2, -1];
        int[] members = [650, 0, 31];
        double[] sum = new double[640];
        var table = new CosineTable(vectors);
        table.Sum(members, weights, 20, sum);

        Assert.All(sum, (value, i) => Assert.Equal(members
            .Select((member, m) => weights[m] * table.Product(member, 20 + i)).Sum(), value, 1e-12));
    }
}
