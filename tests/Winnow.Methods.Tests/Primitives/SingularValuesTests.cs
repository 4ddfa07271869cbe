using Winnow.Primitives;

namespace Winnow.Tests.Primitives;

public class SingularValuesTests
{
    [Fact]
    public void Diagonal_matrix_has_its_entries_falling()
    {
        var matrix = new RealMatrix(3, 4);
        (matrix[0, 0], matrix[1, 1], matrix[2, 2]) = (2, -5, 3);

        Assert.Equal([5, 3, 2], SingularValues.Of(matrix));
    }

    [Fact]
    public void Products_and_squares_of_the_values_are_those_of_the_matrix()
    {
        // For two rows a and b: the squares sum to |a|^2 + |b|^2, and their product is |a|^2 |b|^2 - (a b)^2.
        var random = new Random(2);
        for (int trial = 0; trial < 50; trial++)
        {
            var matrix = new RealMatrix(2, 1 + trial);
            for (int i = 0; i < matrix.Values.Length; i++)
                matrix.Values[i] = random.NextDouble() - 0.5;
            double[] a = matrix[0].ToArray(), b = matrix[1].ToArray(), values = SingularValues.Of(matrix);
            double squares = a.Sum(x => x * x) + b.Sum(x => x * x), dot = a.Zip(b, (x, y) => x * y).Sum();
            Assert.Equal(Math.Min(2, matrix.Columns), values.Length);
            Assert.Equal(squares, values.Sum(value => value * value), 1e-12);
            if (values.Length == 2)
                Assert.Equal(a.Sum(x => x * x) * b.Sum(x => x * x) - dot * dot, values[0] * values[0] * values[1] * values[1], 1e-12);
        }
    }

    [Fact]
    public void Repeated_rows_leave_values_of_zero()
    {
        var matrix = new RealMatrix(3, 3);
        for (int i = 0; i < 9; i++)
            matrix.Values[i] = 1 + i % 3;

        double[] values = SingularValues.Of(matrix);

        Assert.Equal(Math.Sqrt(42), values[0], 1e-12);
        Assert.All(values[1..], value => Assert.Equal(0, value, 1e-12));
    }
}
