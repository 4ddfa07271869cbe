using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>
/// Matching of two sides of a sequence: every source proposes to its most similar target, and the most similar proposals are accepted. The
/// step that ToMe (arXiv 2210.09461)
/// and its descendants share; they differ in who is on which side.
/// </summary>
/// <remarks>
/// Cosine similarity from products in float32; equal ones go to the earlier of the list on both sides. A vector of zeros has cosine 0 with
/// everything.
/// </remarks>
public sealed class SourceMatching
{
    private SourceMatching(int[] sources, int[] targets, int[] partners, double[] scores, int[] ranking, int pairs)
    {
        (Sources, Targets, Partners, Scores) = (sources, targets, partners, scores);
        (Accepted, Refused) = (ranking[..pairs], ranking[pairs..]);
    }

    /// <summary>Tokens on the side that proposes.</summary>
    public int[] Sources { get; }

    /// <summary>Tokens on the side that accepts.</summary>
    public int[] Targets { get; }

    /// <summary>For each source the number of its most similar target.</summary>
    public int[] Partners { get; }

    /// <summary>For each source the similarity to it, -1 to 1.</summary>
    public double[] Scores { get; }

    /// <summary>Numbers of the sources whose proposals are accepted, the most similar first.</summary>
    public int[] Accepted { get; }

    /// <summary>Numbers of the other sources, the most similar first.</summary>
    public int[] Refused { get; }

    /// <summary>Matches tokens.</summary>
    /// <param name="metric"><c>[n, D]</c>: what is compared.</param>
    /// <param name="sources">Tokens that propose.</param>
    /// <param name="targets">Tokens that accept; at least one where there are pairs.</param>
    /// <param name="pairs">How many proposals to accept, at most the number of sources.</param>
    /// <param name="parallel">How the products are spread over threads; null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">More pairs are wanted than there are sources, or there is no target.</exception>
    public static SourceMatching Of(TokenMatrix metric, int[] sources, int[] targets, int pairs, ParallelFor? parallel = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pairs);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pairs, targets.Length == 0 ? 0 : sources.Length);
        int[] partners = new int[sources.Length];
        double[] scores = new double[sources.Length];
        if (targets.Length > 0)
            Propose(metric, sources, targets, partners, scores, parallel);
        return new SourceMatching(sources, targets, partners, scores, TopK.Largest(scores, scores.Length, EmitBy.Score), pairs);
    }

    /// <summary>Accepted sources as tokens, the most similar first.</summary>
    public int[] AcceptedTokens() => Array.ConvertAll(Accepted, source => Sources[source]);

    /// <summary>The target of each accepted source, as tokens.</summary>
    public int[] AcceptedTargets() => Array.ConvertAll(Accepted, source => Targets[Partners[source]]);

    /// <summary>The other sources as tokens, the most similar first.</summary>
    public int[] RefusedTokens() => Array.ConvertAll(Refused, source => Sources[source]);

    /// <summary>For each target, in order, the accepted sources that proposed to it, by place in the list of sources.</summary>
    public int[][] Groups()
    {
        var groups = new List<int>[Targets.Length];
        for (int target = 0; target < groups.Length; target++)
            groups[target] = [];
        foreach (int source in Accepted.Order())
            groups[Partners[source]].Add(Sources[source]);
        return Array.ConvertAll(groups, group => group.ToArray());
    }

    private static void Propose(
        TokenMatrix metric, int[] sources, int[] targets, int[] partners, double[] scores, ParallelFor? parallel)
    {
        int pairs = checked(sources.Length * targets.Length);
        AlignedBuffer rented = ScratchMemory.Rent((long)pairs * sizeof(float));
        Span<float> products = rented.AsSpan<float>()[..pairs];
        InnerProducts.Between(metric, sources, targets, products, parallel);
        double[] sourceScale = Similarity.InverseNorms(metric, sources), targetScale = Similarity.InverseNorms(metric, targets);
        for (int i = 0; i < partners.Length; i++)
        {
            ReadOnlySpan<float> row = products.Slice(i * targets.Length, targets.Length);
            double best = double.NegativeInfinity;
            for (int j = 0; j < row.Length; j++)
                if (row[j] * targetScale[j] > best)
                    (partners[i], best) = (j, row[j] * targetScale[j]);
            scores[i] = best * sourceScale[i];
        }
        ScratchMemory.Return(rented);
    }
}
