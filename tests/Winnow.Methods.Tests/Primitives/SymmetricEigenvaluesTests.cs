using Winnow.Primitives;

namespace Winnow.Tests.Primitives;

public class SymmetricEigenvaluesTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(4, 9)]
    [InlineData(5, 40)]
    public void Of_agrees_with_rotations_that_clear_one_entry_after_another(int seed, int side)
    {
        RealMatrix matrix = Symmetric(seed, side);
        double[] expected = Rotations(matrix.Values.ToArray(), side);

        double[] actual = SymmetricEigenvalues.Of(matrix);

        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-10));
    }

    [Fact]
    public void Of_a_product_of_few_vectors_has_few_values()
    {
        RealMatrix products = InnerProducts.Among(Samples.Vectors(6, 30, 4));

        double[] values = SymmetricEigenvalues.Of(products);

        Assert.All(values[..26], value => Assert.Equal(0, value, 1e-12));
        Assert.All(values[26..], value => Assert.True(value > 0.1));
    }

    [Fact]
    public void Of_zeros_and_of_a_diagonal_is_the_diagonal()
    {
        var matrix = new RealMatrix(5, 5);
        Assert.Equal(new double[5], SymmetricEigenvalues.Of(matrix));
        (matrix[0, 0], matrix[3, 3]) = (2, -1);
        Assert.Equal([-1, 0, 0, 0, 2], SymmetricEigenvalues.Of(matrix));
    }

    private static RealMatrix Symmetric(int seed, int side)
    {
        var matrix = new RealMatrix(side, side);
        double[] numbers = Samples.Numbers(seed, side * side, 2000);
        for (int i = 0; i < side; i++)
            for (int j = 0; j <= i; j++)
                matrix[i, j] = matrix[j, i] = numbers[i * side + j] - 1;
        return matrix;
    }

    // Jacobi's method, plainly.
    private static double[] Rotations(double[] a, int n)
    {
        for (int sweep = 0; sweep < 60; sweep++)
            for (int p = 0; p < n; p++)
                for (int q = p + 1; q < n; q++)
                {
                    if (a[p * n + q] == 0)
                        continue;
                    double theta = 0.5 * Math.Atan2(2 * a[p * n + q], a[q * n + q] - a[p * n + p]);
                    (double s, double c) = Math.SinCos(theta);
                    for (int k = 0; k < n; k++)
                        (a[k * n + p], a[k * n + q]) = (c * a[k * n + p] - s * a[k * n + q], s * a[k * n + p] + c * a[k * n + q]);
                    for (int k = 0; k < n; k++)
                        (a[p * n + k], a[q * n + k]) = (c * a[p * n + k] - s * a[q * n + k], s * a[p * n + k] + c * a[q * n + k]);
                }
        return [.. Enumerable.Range(0, n).Select(i => a[i * n + i]).Order()];
    }
}
