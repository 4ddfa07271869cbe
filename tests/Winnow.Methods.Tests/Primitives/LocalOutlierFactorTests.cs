using Winnow.Primitives;

namespace Winnow.Tests.Primitives;

public class LocalOutlierFactorTests
{
    [Theory]
    [InlineData(1, 2, 1)]
    [InlineData(2, 9, 20)]
    [InlineData(3, 40, 5)]
    [InlineData(4, 60, 20)]
    public void Of_agrees_with_the_definition_written_out(int seed, int count, int neighbours)
    {
        double[] values = Samples.Numbers(seed, count, 100_000);
        int k = Math.Min(neighbours, count - 1);
        int[][] nearest = [.. Enumerable.Range(0, count)
            .Select(i => Enumerable.Range(0, count).Where(j => j != i).OrderBy(j => Math.Abs(values[i] - values[j])).Take(k).ToArray())];
        double Reach(int i) => Math.Abs(values[i] - values[nearest[i][^1]]);
        double[] density = [.. Enumerable.Range(0, count)
            .Select(i => 1 / (nearest[i].Average(j => Math.Max(Math.Abs(values[i] - values[j]), Reach(j))) + 1e-10))];

        double[] factors = LocalOutlierFactor.Of(values, neighbours);

        // Ratios of densities, computed in another order.
        Assert.All(factors, (factor, i) => Assert.Equal(nearest[i].Average(j => density[j] / density[i]), factor, 1e-9));
    }

    [Fact]
    public void Lonely_number_stands_out_and_copies_do_not()
    {
        double[] factors = LocalOutlierFactor.Of([1, 1.1, 1.2, 1.3, 9, 1.15], 3);

        Assert.True(factors[4] > 10);
        Assert.All(factors.Where((_, i) => i != 4), factor => Assert.InRange(factor, 0.5, 2));
        Assert.All(LocalOutlierFactor.Of(new double[5], 2), factor => Assert.Equal(1, factor, 1e-12));
        Assert.Equal([1.0], LocalOutlierFactor.Of([3], 2));
    }
}
