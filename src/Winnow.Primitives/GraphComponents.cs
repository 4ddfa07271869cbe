namespace Winnow.Primitives;

/// <summary>Connected components of a graph, by union-find with ranks and path halving.</summary>
public sealed class GraphComponents
{
    private readonly int[] _parents;
    private readonly int[] _ranks;

    /// <summary>Starts with every node by itself.</summary>
    public GraphComponents(int nodes)
    {
        _parents = [.. Enumerable.Range(0, nodes)];
        _ranks = new int[nodes];
    }

    /// <summary><c>[nodes]</c>: the link that each node holds at this moment. A node deeper than one link does not hold its root: only
    /// <see cref="Find"/> tells that.</summary>
    public IReadOnlyList<int> ParentEntries => _parents;

    /// <summary>Joins the components of two nodes; the root of the higher rank stays, the first node's root on equal ranks.</summary>
    public void Join(int a, int b)
    {
        int rootA = Find(a), rootB = Find(b);
        if (rootA == rootB)
            return;
        if (_ranks[rootA] < _ranks[rootB])
        {
            _parents[rootA] = rootB;
            return;
        }
        _parents[rootB] = rootA;
        if (_ranks[rootA] == _ranks[rootB])
            _ranks[rootA]++;
    }

    /// <summary>Joins what another graph of the same nodes has joined.</summary>
    public void Join(GraphComponents other)
    {
        for (int node = 0; node < _parents.Length; node++)
            if (other._parents[node] != node)
                Join(other._parents[node], node);
    }

    /// <summary>The root of a node's component; shortens the way to it.</summary>
    public int Find(int node)
    {
        while (_parents[node] != node)
            node = _parents[node] = _parents[_parents[node]];
        return node;
    }

    /// <summary>The members of every component, ascending; components by their lowest member.</summary>
    public int[][] Members()
    {
        int[] sizes = new int[_parents.Length], numbers = new int[_parents.Length];
        int count = 0;
        for (int node = 0; node < _parents.Length; node++)
            if (sizes[Find(node)]++ == 0)
                numbers[Find(node)] = count++;
        int[][] members = new int[count][];
        int[] filled = new int[count];
        for (int node = 0; node < _parents.Length; node++)
        {
            int root = Find(node), number = numbers[root];
            members[number] ??= new int[sizes[root]];
            members[number][filled[number]++] = node;
        }
        return members;
    }
}
