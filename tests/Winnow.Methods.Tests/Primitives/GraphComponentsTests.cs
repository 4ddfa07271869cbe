using Winnow.Primitives;

namespace Winnow.Tests.Primitives;

public class GraphComponentsTests
{
    [Fact]
    public void Components_agree_with_a_flood()
    {
        const int Count = 30;
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            (int A, int B)[] links = [.. Enumerable.Range(0, 22).Select(_ => (random.Next(Count), random.Next(Count)))];
            var graph = new GraphComponents(Count);
            foreach ((int a, int b) in links)
                graph.Link(a, b);

            Assert.Equal(Flood(Count, links), graph.Components().OrderBy(component => component[0]).SelectMany(component => component.Append(-1)));
        }
    }

    [Fact]
    public void Link_of_equal_ranks_goes_below_the_first_and_a_lower_rank_below_a_higher()
    {
        var graph = new GraphComponents(4);

        graph.Link(2, 1);
        graph.Link(3, 1);

        Assert.Equal([0, 2, 2, 2], Enumerable.Range(0, 4).Select(graph.Entry));
    }

    [Fact]
    public void Spread_agrees_with_the_power_of_the_matrix()
    {
        var transition = new RealMatrix(2, 2);
        new[] { 0.5, 0.5, 0.25, 0.75 }.CopyTo(transition.Values, 0);

        // (4, 8) P = (4, 8); damping 0.5 mixes in 0.25 each.
        Assert.Equal([4.0, 8.0], Propagation.Spread(transition, [4, 8], 3));
        Assert.Equal([2.25, 4.25], Propagation.Spread(transition, [4, 8], 1, 0.5));
        Assert.Equal([1.0, 5.0], Propagation.Spread(transition, [1, 5], 0));
    }

    private static IEnumerable<int> Flood(int count, (int A, int B)[] links)
    {
        bool[] seen = new bool[count];
        for (int start = 0; start < count; start++)
        {
            if (seen[start])
                continue;
            var component = new SortedSet<int> { start };
            while (links.Any(link => component.Contains(link.A) != component.Contains(link.B)))
                component.UnionWith(links.Where(link => component.Contains(link.A) || component.Contains(link.B)).SelectMany(link => new[] { link.A, link.B }));
            foreach (int node in component)
            {
                seen[node] = true;
                yield return node;
            }
            yield return -1;
        }
    }
}
