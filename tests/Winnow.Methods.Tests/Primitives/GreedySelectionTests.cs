using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Tests.Primitives;

public class GreedySelectionTests
{
    public static TheoryData<int, int, int> Cases => new() { { 1, 1, 1 }, { 2, 2, 1 }, { 3, 9, 4 }, { 4, 20, 20 }, { 5, 33, 12 } };

    [Theory]
    [MemberData(nameof(Cases))]
    public void MaxMin_agrees_with_a_recomputation_over_all_picks(int seed, int items, int count)
    {
        double[,] distances = Symmetric(seed, items);
        double[] factors = Samples.Numbers(seed + 100, items, 5);
        foreach (double[] weights in new[] { [], factors })
        {
            int[] picks = GreedySelection.MaxMin([items / 2], count, items, Rows(distances), weights).Order;

            Assert.Equal(items / 2, picks[0]);
            for (int k = 1; k < count; k++)
            {
                double Plain(int i) => picks[..k].Min(p => distances[p, i]);
                double Weighted(int i) => weights.Length == 0 ? Plain(i) : weights[i] * Math.Max(0, Plain(i));
                int[] left = [.. Enumerable.Range(0, items).Except(picks[..k])];
                Func<int, double> score = weights.Length > 0 && left.All(i => Weighted(i) <= 0) ? Plain : Weighted;
                Assert.Equal(left.MaxBy(score), picks[k]);
            }
        }
    }

    [Fact]
    public void MaxMin_repeats_the_first_item_only_when_asked()
    {
        PairValues alike = (_, row) => row.Clear();

        Assert.Equal([2, 0, 1], GreedySelection.MaxMin([2], 3, 4, alike).Order);
        Assert.Equal([2, 0, 0], GreedySelection.MaxMin([2], 3, 4, alike, repeats: true).Order);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void MaxSum_agrees_with_a_recomputation_over_all_picks(int seed, int items, int count)
    {
        double[,] similarity = Symmetric(seed, items);

        int[] picks = GreedySelection.MaxSum(items - 1, count, items, Rows(similarity)).Order;

        Assert.Equal(items - 1, picks[0]);
        for (int k = 1; k < count; k++)
            Assert.Equal(Enumerable.Range(0, items).Except(picks[..k]).MinBy(i =>
                picks[..k].Aggregate(0.0, (sum, p) => sum + similarity[p, i])), picks[k]);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Suppress_takes_an_item_if_no_taken_one_is_too_similar(int seed, int items, int count)
    {
        double[,] similarity = Symmetric(seed, items);
        int[] ranking = TopK.Largest(Samples.Numbers(seed, items), items, EmitBy.Score);

        var expected = new List<int>();
        foreach (int item in ranking)
            if (expected.Count < count && expected.All(taken => similarity[taken, item] <= 0.7))
                expected.Add(item);

        Assert.Equal(expected, GreedySelection.Suppress(ranking, count, 0.7, Blocks(similarity)));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Coverage_agrees_with_the_plain_greedy(int seed, int items, int count)
    {
        double[,] similarity = Symmetric(seed, items);
        double[] bonuses = Samples.Numbers(seed + 7, items, 4);

        GreedyPicks picks = GreedySelection.Coverage(count, bonuses, Rows(similarity));

        double[] covered = new double[items];
        for (int k = 0; k < count; k++)
        {
            // Sums in another order differ by rounding, so the best is compared as a value.
            double Gain(int y) => Enumerable.Range(0, items).Sum(x => Math.Max(0, similarity[y, x] - covered[x])) + bonuses[y];
            double best = Enumerable.Range(0, items).Except(picks.Order[..k]).Max(Gain);
            Assert.Equal(best, Gain(picks.Order[k]), 1e-12);
            Assert.Equal(best, picks.Scores[k], 1e-12);
            for (int x = 0; x < items; x++)
                covered[x] = Math.Max(covered[x], similarity[picks.Order[k], x]);
        }
    }

    [Fact]
    public void Coverage_of_equal_gains_goes_to_the_lower_index() =>
        Assert.Equal([0, 1, 2], GreedySelection.Coverage(3, new double[5], (_, row) => row.Fill(1)).Order);

    [Fact]
    public void More_than_there_are_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => GreedySelection.MaxMin([0], 4, 3, (_, row) => row.Clear()));

    [Theory]
    [InlineData(0.9, 700)]
    [InlineData(0.2, 700)]
    [InlineData(0.2, 40)]
    [InlineData(1.0, 30)]
    public void Suppress_by_blocks_of_cosines_agrees_with_the_plain_walk(double threshold, int count)
    {
        // More vectors than a block holds, in two dimensions: many are alike.
        TokenMatrix vectors = Samples.Vectors(11, 1300, 2);
        int[] ranking = TopK.Largest(Samples.Numbers(12, vectors.Count), vectors.Count, EmitBy.Score);

        int[] taken = GreedySelection.Suppress(ranking, count, threshold, new CosineBlocks(vectors).Between);

        using var table = new CosineTable(vectors);
        double[] row = new double[vectors.Count];
        bool[] near = new bool[vectors.Count];
        var expected = new List<int>();
        foreach (int item in ranking)
        {
            if (near[item] || expected.Count == count)
                continue;
            expected.Add(item);
            table.Similarities(item, row);
            for (int other = 0; other < row.Length; other++)
                near[other] |= Math.Min(1, row[other]) > threshold;
        }
        Assert.Equal(expected, taken);
    }

    private static PairBlock Blocks(double[,] matrix) => (left, right, values) =>
    {
        for (int i = 0; i < left.Length; i++)
            for (int j = 0; j < right.Length; j++)
                values[i * right.Length + j] = (float)matrix[left[i], right[j]];
    };

    internal static PairValues Rows(double[,] matrix) => (item, row) =>
    {
        for (int i = 0; i < row.Length; i++)
            row[i] = matrix[item, i];
    };

    // Few distinct values, so that ties are common.
    private static double[,] Symmetric(int seed, int items)
    {
        double[] numbers = Samples.Numbers(seed, items * items, 9);
        double[,] matrix = new double[items, items];
        for (int i = 0; i < items; i++)
            for (int j = 0; j < i; j++)
                matrix[i, j] = matrix[j, i] = numbers[i * items + j] / numbers.Max();
        return matrix;
    }
}
