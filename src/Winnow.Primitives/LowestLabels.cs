namespace Winnow.Primitives;

/// <summary>Labels of the nodes of a graph, spread along its pairs to the lower, round by round, until every label labels itself.</summary>
/// <remarks>
/// As STTM's official code has it (arXiv 2507.07990): the rounds may end before all pairs agree, so that groups can be finer than the
/// connected components, which <see cref="GraphComponents"/> finds.
/// </remarks>
public static class LowestLabels
{
    /// <summary>Spreads the labels.</summary>
    /// <param name="nodes">Number of nodes; each starts with its own number.</param>
    /// <param name="pairs">Pairs of nodes.</param>
    /// <returns><c>[nodes]</c>: a node not above each; the label of a label is itself.</returns>
    public static int[] Of(int nodes, IReadOnlyList<(int A, int B)> pairs)
    {
        int[] labels = [.. Enumerable.Range(0, nodes)];
        do
        {
            int[] lowest = [.. pairs.Select(pair => Math.Min(labels[pair.A], labels[pair.B]))];
            for (int p = 0; p < lowest.Length; p++)
                labels[pairs[p].A] = Math.Min(labels[pairs[p].A], lowest[p]);
            for (int p = 0; p < lowest.Length; p++)
                labels[pairs[p].B] = Math.Min(labels[pairs[p].B], lowest[p]);
            labels = Array.ConvertAll(labels, label => labels[label]);
        }
        while (labels.Any(label => labels[label] != label));
        return labels;
    }
}
