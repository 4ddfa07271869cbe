using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Tests.Primitives;

public class CosineTableTests
{
    // Products of up to 17 terms in float32.
    private const double Tolerance = 1e-6;

    [Theory]
    [InlineData(1, 1, 3)]
    [InlineData(2, 13, 17)]
    [InlineData(3, 40, 8)]
    public void Distances_agree_with_cosines_in_float64(int seed, int count, int dimension)
    {
        TokenMatrix vectors = Samples.Vectors(seed, count, dimension);
        RealMatrix cosines = Similarity.Cosines(vectors);
        var table = new CosineTable(vectors);
        double[] nearest = table.NearestDistances(), row = new double[count];

        for (int i = 0; i < count; i++)
        {
            table.Distances(i, row);
            Assert.All(row, (distance, j) => Assert.Equal(1 - cosines[i, j], distance, Tolerance));
            Assert.Equal(count == 1 ? 0 : Enumerable.Range(0, count).Where(j => j != i).Min(j => 1 - cosines[i, j]), nearest[i], Tolerance);
        }
    }

    [Fact]
    public void Copies_are_at_the_same_distance_from_everything_and_zeros_at_one()
    {
        float[] values = Samples.Vectors(4, 6, 5).Values.ToArray();
        values.AsSpan(5, 5).CopyTo(values.AsSpan(20));
        values.AsSpan(10, 5).Clear();
        var table = new CosineTable(new TokenMatrix(values, 5));
        double[] first = new double[6], copy = new double[6], zero = new double[6];
        table.Distances(1, first);
        table.Distances(4, copy);
        table.Distances(2, zero);

        Assert.Equal(first, copy);
        Assert.All(zero, distance => Assert.Equal(1, distance));
    }

    [Fact]
    public void Memory_that_was_given_back_holds_the_next_table_and_no_other()
    {
        TokenMatrix many = Samples.Vectors(5, 30, 4), few = Samples.Vectors(6, 7, 4);
        var first = new CosineTable(many);
        first.Dispose();
        first.Dispose();
        using var second = new CosineTable(few);
        using var third = new CosineTable(many);

        Assert.Throws<ObjectDisposedException>(() => first.Product(0, 0));
        for (int i = 0; i < 7; i++)
            for (int j = 0; j < 7; j++)
                Assert.Equal(InnerProducts.Of(few[i], few[j]), second.Product(i, j), 1e-5);
        for (int i = 0; i < 30; i++)
            Assert.Equal(InnerProducts.Of(many[i], many[29 - i]), third.Product(i, 29 - i), 1e-5);
    }

    [Fact]
    public void Two_vectors_are_as_far_from_each_other_from_both_sides()
    {
        using var table = new CosineTable(Samples.Vectors(9, 60, 33));
        double[][] rows = [.. Enumerable.Range(0, table.Count).Select(_ => new double[table.Count])];
        for (int i = 0; i < table.Count; i++)
            table.Distances(i, rows[i]);

        double[] nearest = table.NearestDistances();

        // To the last bit: the nearest of each other tie, and the lower index wins.
        for (int i = 0; i < table.Count; i++)
        {
            Assert.Equal(Enumerable.Range(0, table.Count).Where(j => j != i).Min(j => rows[i][j]), nearest[i]);
            for (int j = 0; j < i; j++)
                Assert.Equal(rows[j][i], rows[i][j]);
        }
    }
}
