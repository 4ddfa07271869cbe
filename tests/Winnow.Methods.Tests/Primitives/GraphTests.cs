using Winnow.Primitives;

namespace Winnow.Tests.Primitives;

public class GraphTests
{
    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(2, 12, 7)]
    [InlineData(3, 40, 25)]
    [InlineData(4, 40, 200)]
    public void Components_are_what_can_be_reached(int seed, int nodes, int edges)
    {
        var random = new Random(seed);
        (int A, int B)[] links = [.. Enumerable.Range(0, edges).Select(_ => (random.Next(nodes), random.Next(nodes)))];
        var components = new GraphComponents(nodes);
        foreach ((int a, int b) in links)
            components.Join(a, b);

        // The lowest label spreads until nothing changes.
        int[] labels = [.. Enumerable.Range(0, nodes)];
        for (int round = 0; round < nodes; round++)
            foreach ((int a, int b) in links)
                labels[a] = labels[b] = Math.Min(labels[a], labels[b]);

        Assert.Equal(Enumerable.Range(0, nodes).GroupBy(node => labels[node]).OrderBy(group => group.Key)
            .Select(group => group.ToArray()), components.Members());
    }

    [Fact]
    public void Node_two_links_deep_holds_no_root_until_it_is_looked_up()
    {
        var components = new GraphComponents(4);
        components.Join(0, 1);
        components.Join(2, 3);
        components.Join(0, 2);

        Assert.Equal(2, components.ParentEntries[3]);
        Assert.Equal(0, components.Find(3));
        Assert.Equal(0, components.ParentEntries[3]);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(5, 0)]
    [InlineData(5, 0.15)]
    public void Spread_agrees_with_products_written_out(int steps, double damping)
    {
        const int Nodes = 7;
        var links = new RealMatrix(Nodes, Nodes);
        Samples.Numbers(3, Nodes * Nodes).CopyTo(links.Values, 0);
        double[] expected = Samples.Numbers(4, Nodes);
        double[] start = [.. expected];
        for (int step = 0; step < steps; step++)
        {
            double[] before = expected;
            expected = [.. Enumerable.Range(0, Nodes)
                .Select(j => (1 - damping) * Enumerable.Range(0, Nodes).Sum(i => before[i] * links[i, j]) + damping * start.Sum() / Nodes)];
        }

        double[] actual = GraphDiffusion.Spread(links, start, steps, damping);

        // Values grow with the steps; the tolerance is relative to the largest.
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-12 * Math.Max(1, expected.Max())));
    }
}
