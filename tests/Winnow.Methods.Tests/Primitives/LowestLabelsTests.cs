using Winnow.Primitives;

namespace Winnow.Tests.Primitives;

public class LowestLabelsTests
{
    [Fact]
    public void Chain_takes_the_label_of_its_first_node() =>
        Assert.Equal([0, 0, 0, 0, 4], LowestLabels.Of(5, [(0, 1), (1, 2), (2, 3)]));

    [Fact]
    public void Two_nodes_that_share_a_later_one_need_not_fuse() =>
        Assert.Equal([0, 1, 0], LowestLabels.Of(3, [(0, 2), (1, 2)]));

    [Fact]
    public void Nodes_without_pairs_keep_their_own()
    {
        Assert.Empty(LowestLabels.Of(0, []));
        Assert.Equal([0, 1], LowestLabels.Of(2, []));
    }

    [Theory]
    [InlineData(1, 30, 20)]
    [InlineData(2, 30, 60)]
    public void Labels_label_themselves_and_never_leave_the_component(int seed, int nodes, int count)
    {
        var random = new Random(seed);
        IEnumerable<int> firsts = Enumerable.Range(0, count).Select(_ => random.Next(nodes - 1));
        (int A, int B)[] pairs = [.. firsts.Select(a => (a, random.Next(a + 1, nodes)))];
        var components = new GraphComponents(nodes);
        foreach ((int a, int b) in pairs)
            components.Join(a, b);

        int[] labels = LowestLabels.Of(nodes, pairs);

        Assert.All(Enumerable.Range(0, nodes), node =>
        {
            Assert.Equal(labels[node], labels[labels[node]]);
            Assert.InRange(labels[node], 0, node);
            Assert.Equal(components.Find(node), components.Find(labels[node]));
        });
    }
}
