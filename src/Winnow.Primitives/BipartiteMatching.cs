namespace Winnow.Primitives;

/// <summary>Balanced matching of a list: the even places propose to their most similar odd place, and the most similar proposals are
/// accepted.</summary>
/// <remarks>The cheap stand-in for clustering of ToMe (arXiv 2210.09461) and its descendants. Equal similarities go to the earlier place on
/// both sides.</remarks>
public sealed class BipartiteMatching
{
    private BipartiteMatching(int[] partners, double[] scores, int[] ranking, int accepted)
    {
        (Partners, Scores) = (partners, scores);
        (Accepted, Refused) = (ranking[..accepted], ranking[accepted..]);
    }

    /// <summary><c>[ceil(n / 2)]</c>: for the a-th even place the number of its partner among the odd places; -1 where there is
    /// none.</summary>
    public int[] Partners { get; }

    /// <summary><c>[ceil(n / 2)]</c>: similarity to the partner.</summary>
    public double[] Scores { get; }

    /// <summary>Numbers of the even places whose proposals are accepted, the most similar first.</summary>
    public int[] Accepted { get; }

    /// <summary>Numbers of the other even places, the most similar first.</summary>
    public int[] Refused { get; }

    /// <summary>Matches the items of a list.</summary>
    /// <param name="similarity"><c>[n, n]</c> or larger: similarities of the items.</param>
    /// <param name="list">Items in the order that deals out even and odd places.</param>
    /// <param name="pairs">How many proposals to accept; at most the number of odd places.</param>
    /// <exception cref="ArgumentOutOfRangeException">More pairs are wanted than there are odd places.</exception>
    public static BipartiteMatching Of(RealMatrix similarity, ReadOnlySpan<int> list, int pairs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pairs);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pairs, list.Length / 2);
        int[] partners = new int[(list.Length + 1) / 2];
        double[] scores = new double[partners.Length];
        for (int a = 0; a < partners.Length; a++)
        {
            ReadOnlySpan<double> row = similarity[list[2 * a]];
            (partners[a], scores[a]) = (-1, double.NegativeInfinity);
            for (int b = 0; 2 * b + 1 < list.Length; b++)
                if (row[list[2 * b + 1]] > scores[a])
                    (partners[a], scores[a]) = (b, row[list[2 * b + 1]]);
        }
        return new BipartiteMatching(partners, scores, TopK.Largest(scores, scores.Length, EmitBy.Score), pairs);
    }
}
