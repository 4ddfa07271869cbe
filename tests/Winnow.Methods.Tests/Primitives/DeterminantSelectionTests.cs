using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Tests.Primitives;

public class DeterminantSelectionTests
{
    // Determinants up to 1e-6 by elimination in float64 keep eight digits.
    private const double Tolerance = 1e-8;

    [Theory]
    [InlineData(1, 1, 3, 1)]
    [InlineData(2, 6, 9, 6)]
    [InlineData(3, 14, 8, 7)]
    public void Take_agrees_with_determinants_computed_anew(int seed, int items, int dimension, int count)
    {
        double[,] kernel = Kernel(Samples.Vectors(seed, items, dimension));

        GreedyPicks picks = DeterminantSelection.Take(Diagonal(kernel), count, GreedySelectionTests.Rows(kernel));

        Assert.Equal(count, picks.Order.Length);
        double before = 1;
        for (int k = 0; k < count; k++)
        {
            double[] candidates = [.. Enumerable.Range(0, items)
                .Select(i => picks.Order[..k].Contains(i) ? double.NegativeInfinity : Determinant(kernel, [.. picks.Order[..k], i]))];
            Assert.Equal(Array.IndexOf(candidates, candidates.Max()), picks.Order[k]);
            Assert.Equal(candidates.Max() / before, picks.Scores[k], Tolerance);
            before = candidates.Max();
        }
    }

    [Fact]
    public void Take_stops_where_the_rest_is_spanned()
    {
        double[,] kernel = Kernel(Samples.Vectors(4, 10, 4));

        Assert.Equal(4, DeterminantSelection.Take(Diagonal(kernel), 8, GreedySelectionTests.Rows(kernel)).Order.Length);
    }

    [Fact]
    public void Take_passes_over_copies_and_zeros()
    {
        var vectors = new TokenMatrix(new float[] { 1, 0, 2, 0, 2, 0, 0, 0, 0, 1 }, 2);
        double[,] kernel = Kernel(vectors);

        Assert.Equal([1, 4], DeterminantSelection.Take(Diagonal(kernel), 5, GreedySelectionTests.Rows(kernel)).Order);
    }

    private static double[] Diagonal(double[,] kernel) => [.. Enumerable.Range(0, kernel.GetLength(0)).Select(i => kernel[i, i])];

    private static double[,] Kernel(TokenMatrix vectors)
    {
        double[,] kernel = new double[vectors.Count, vectors.Count];
        for (int i = 0; i < vectors.Count; i++)
            for (int j = 0; j < vectors.Count; j++)
                for (int d = 0; d < vectors.Dimension; d++)
                    kernel[i, j] += (double)vectors[i][d] * vectors[j][d];
        return kernel;
    }

    private static double Determinant(double[,] kernel, int[] members)
    {
        int n = members.Length;
        double[,] a = new double[n, n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                a[i, j] = kernel[members[i], members[j]];
        double determinant = 1;
        for (int p = 0; p < n; p++)
        {
            determinant *= a[p, p];
            for (int i = p + 1; i < n; i++)
                for (int j = n - 1; j >= p; j--)
                    a[i, j] -= a[i, p] / a[p, p] * a[p, j];
        }
        return determinant;
    }
}
