using Winnow.Primitives;

namespace Winnow.Tests.Primitives;

public class RunningMaximumTests
{
    // Lengths below, at and beyond a register.
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(21)]
    public void The_largest_of_each_place_wins_and_the_earlier_of_equals(int length)
    {
        var random = new Random(length);
        // Small whole numbers, so that equals are frequent.
        double[][] rows =
            [.. Enumerable.Range(0, 6).Select(_ => Enumerable.Range(0, length).Select(_ => (double)random.Next(4)).ToArray())];
        double[] best = new double[length];
        Array.Fill(best, double.NegativeInfinity);
        long[] owners = new long[length];

        for (int row = 0; row < rows.Length; row++)
            RunningMaximum.Raise(rows[row], 0.5, row, best, owners);

        for (int place = 0; place < length; place++)
        {
            double largest = rows.Max(row => row[place]);
            Assert.Equal(largest / 2, best[place]);
            Assert.Equal(Array.FindIndex(rows, row => row[place] == largest), owners[place]);
        }
    }
}
