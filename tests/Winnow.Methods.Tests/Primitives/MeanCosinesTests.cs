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

        float[] row = new float[groups.Length];
        for (int g = 0; g < groups.Length; g++)
        {
            cosines.From(g, row);
            Assert.All(row, (cosine, other) => Assert.Equal(expected[g, other], cosine, Tolerance));
        }
        // A threshold between two cosines, so that rounding decides nothing.
        double threshold = 0.05;
        (int Lower, int Higher)[] links =
        [
            .. from a in Enumerable.Range(0, groups.Length)
               from b in Enumerable.Range(a + 1, groups.Length - a - 1)
               where expected[a, b] > threshold
               select (a, b),
        ];
        var components = new GraphComponents(groups.Length);
        foreach ((int lower, int higher) in links)
            components.Join(lower, higher);
        int[] degrees = new int[groups.Length];
        Assert.Equal(components.Members(), cosines.Link(threshold, degrees).Members());
        Assert.Equal(Enumerable.Range(0, groups.Length).Select(g => links.Count(link => link.Lower == g || link.Higher == g)), degrees);
    }

    [Fact]
    public void Links_of_many_groups_do_not_depend_on_how_the_rows_are_split()
    {
        // More groups than one piece of work has rows; neighbours in a run, and some with two members.
        TokenMatrix vectors = Samples.Vectors(8, 200, 4);
        int[][] groups = [.. Enumerable.Range(0, 150).Select(g => g % 10 == 3 && g < 50 ? new[] { g, 150 + g } : [g])];
        var cosines = new MeanCosines(new CosineTable(vectors), groups);
        float[] row = new float[groups.Length];
        var expected = new GraphComponents(groups.Length);
        int[] expectedDegrees = new int[groups.Length], degrees = new int[groups.Length];
        const double Threshold = 0.97;
        for (int g = 0; g < groups.Length; g++)
        {
            cosines.From(g, row);
            foreach (int other in Enumerable.Range(0, groups.Length).Where(other => other != g && row[other] > (float)Threshold))
            {
                expected.Join(g, other);
                expectedDegrees[g]++;
            }
        }

        GraphComponents linked = cosines.Link(Threshold, degrees, (count, body) =>
        {
            for (int i = count - 1; i >= 0; i--)
                body(i);
        });

        Assert.InRange(linked.Members().Length, 2, groups.Length - 1);
        Assert.Equal(expected.Members(), linked.Members());
        Assert.Equal(expectedDegrees, degrees);
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(0.4)]
    [InlineData(0)]
    [InlineData(-0.6)]
    public void Links_of_groups_are_those_that_their_cosines_say_however_unlike_the_members(double threshold)
    {
        // Few dimensions: groups of two and three whose members nearly cancel, close ones, and some in several blocks of the table.
        TokenMatrix vectors = Samples.Vectors(11, 300, 2);
        int[][] groups =
        [
            .. Enumerable.Range(0, 90).Select(g => (int[])[g, 100 + g, 210 + g]),
            .. Enumerable.Range(0, 20).Select(g => g % 2 == 0 ? new[] { 190 + g, 191 + g } : [90 + g / 2]),
        ];
        var cosines = new MeanCosines(new CosineTable(vectors), groups);
        int[] degrees = new int[groups.Length], expected = new int[groups.Length];
        float[] row = new float[groups.Length];
        for (int g = 0; g < groups.Length; g++)
        {
            cosines.From(g, row);
            for (int other = g + 1; other < groups.Length; other++)
                if (row[other] > (float)threshold)
                {
                    expected[g]++;
                    expected[other]++;
                }
        }

        cosines.Link(threshold, degrees);

        Assert.Equal(expected, degrees);
        Assert.InRange(expected.Sum(), 1, groups.Length * (groups.Length - 1) - 1);
    }

    [Fact]
    public void Nothing_links_above_the_highest_cosine()
    {
        int[] degrees = new int[2];
        var cosines = new MeanCosines(new CosineTable(new TokenMatrix(new float[] { 3, 1, 3, 1 }, 2)), [[0], [1]]);

        Assert.Equal([[0], [1]], cosines.Link(1, degrees).Members());
        Assert.Equal([[0, 1]], cosines.Link(0.99, degrees).Members());
        Assert.Equal([1, 1], degrees);
    }

    [Fact]
    public void Zeros_resemble_each_other_only()
    {
        var cosines = new MeanCosines(new CosineTable(new TokenMatrix(new float[] { 0, 0, 1, 2, 0, 0 }, 2)), [[0], [1], [2]]);
        float[] row = new float[3];
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

    [Theory]
    [InlineData(0.99)]
    [InlineData(0.5)]
    [InlineData(-0.2)]
    public void All_vectors_by_themselves_link_as_their_cosines_say(double threshold)
    {
        // Several blocks of the table, the last one short.
        using var table = new CosineTable(Samples.Vectors(8, 150, 3));
        var cosines = new MeanCosines(table, [.. Enumerable.Range(0, table.Count).Select(item => new[] { item })]);
        int[] degrees = new int[table.Count], expected = new int[table.Count];
        float[] row = new float[table.Count];
        for (int i = 0; i < table.Count; i++)
        {
            cosines.From(i, row);
            expected[i] = Enumerable.Range(0, row.Length).Count(j => j != i && row[j] > (float)threshold);
        }

        cosines.Link(threshold, degrees);

        Assert.Equal(expected, degrees);
    }
}
