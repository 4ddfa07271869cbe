using Winnow.Primitives;

namespace Winnow.Tests.Primitives;

public class DeterminantTests
{
    [Fact]
    public void Each_pick_and_gain_agree_with_the_determinants_themselves()
    {
        const int Count = 9, Picks = 5;
        RealMatrix kernel = InnerProducts.Among(Samples.Vectors(8, Count, 6));

        (int[] order, double[] gains) = Determinant.Greedy(kernel, Picks, 0);

        var chosen = new List<int>();
        for (int k = 0; k < Picks; k++)
        {
            double before = Of(kernel, chosen);
            int best = Enumerable.Range(0, Count).Except(chosen).MaxBy(i => Of(kernel, [.. chosen, i]));
            Assert.Equal(best, order[k]);
            Assert.Equal(Of(kernel, [.. chosen, best]) / before, gains[k], 1e-9);
            chosen.Add(best);
        }
    }

    [Fact]
    public void Exhausted_rank_ends_the_choice() =>
        Assert.Equal(2, Determinant.Greedy(InnerProducts.Among(Samples.Vectors(8, 7, 2)), 5, 1e-9).Order.Length);

    // By Laplace expansion: slow and obvious.
    private static double Of(RealMatrix kernel, IReadOnlyList<int> members) => Of(kernel.Select([.. members]));

    private static double Of(RealMatrix square)
    {
        if (square.Rows == 0)
            return 1;
        double sum = 0;
        for (int j = 0; j < square.Columns; j++)
        {
            var minor = new RealMatrix(square.Rows - 1, square.Columns - 1);
            for (int i = 1; i < square.Rows; i++)
                for (int k = 0; k < square.Columns; k++)
                    if (k != j)
                        minor[i - 1, k - (k > j ? 1 : 0)] = square[i, k];
            sum += (j % 2 == 0 ? 1 : -1) * square[0, j] * Of(minor);
        }
        return sum;
    }
}
