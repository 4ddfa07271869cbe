namespace Winnow.Primitives;

/// <summary>Connected components of a graph of n nodes, found by union-find with ranks and path halving.</summary>
/// <remarks>The entries of the forest are open, because one official method reads them raw: a node deeper than one link then belongs nowhere.</remarks>
public sealed class GraphComponents
{
    private readonly int[] _parent;
    private readonly int[] _rank;

    /// <summary>Starts with every node alone.</summary>
    public GraphComponents(int count)
    {
        _parent = [.. Enumerable.Range(0, count)];
        _rank = new int[count];
    }

    /// <summary>Number of nodes.</summary>
    public int Count => _parent.Length;

    /// <summary>The forest's entry of a node as it stands: its root only if the node is at most one link deep.</summary>
    public int Entry(int node) => _parent[node];

    /// <summary>Root of a node; halves the path to it on the way.</summary>
    public int Find(int node)
    {
        while (_parent[node] != node)
            node = _parent[node] = _parent[_parent[node]];
        return node;
    }

    /// <summary>Links two nodes: the root of lower rank goes below the other, that of <paramref name="b"/> below that of <paramref name="a"/> on a tie.</summary>
    public void Link(int a, int b)
    {
        int rootA = Find(a), rootB = Find(b);
        if (rootA == rootB)
            return;
        if (_rank[rootA] < _rank[rootB])
        {
            _parent[rootA] = rootB;
            return;
        }
        _parent[rootB] = rootA;
        if (_rank[rootA] == _rank[rootB])
            _rank[rootA]++;
    }

    /// <summary>The components, each with rising nodes, by their roots.</summary>
    public int[][] Components()
    {
        var members = new SortedDictionary<int, List<int>>();
        for (int node = 0; node < Count; node++)
        {
            int root = Find(node);
            if (!members.TryGetValue(root, out List<int>? component))
                members[root] = component = [];
            component.Add(node);
        }
        return [.. members.Values.Select(component => component.ToArray())];
    }
}
