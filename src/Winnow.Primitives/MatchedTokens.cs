using System.Numerics.Tensors;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>
/// Tokens that are merged by repeated <see cref="BipartiteMatching"/> until few enough are left; each remembers the source tokens that it
/// averages.
/// </summary>
/// <remarks>
/// A destination becomes the plain mean of itself and the sources merged into it, whatever those stand for already. After a round the
/// unmerged sources come first, the most similar first, then all destinations in their order.
/// </remarks>
public sealed class MatchedTokens
{
    private readonly float[][] _vectors;

    private MatchedTokens(float[][] vectors, Token[] tokens, BipartiteMatching? matching = null) =>
        (_vectors, Tokens, Matching) = (vectors, tokens, matching);

    /// <summary>The tokens, in order.</summary>
    public IReadOnlyList<Token> Tokens { get; }

    /// <summary>The matching of the last round; null before the first.</summary>
    public BipartiteMatching? Matching { get; }

    /// <summary>Single tokens before any merging.</summary>
    /// <param name="features"><c>[n, D]</c>.</param>
    /// <param name="firstPlace">Index of the first one in the video.</param>
    public static MatchedTokens Of(TokenMatrix features, int firstPlace) => new(
        [.. Enumerable.Range(0, features.Count).Select(i => features[i].ToArray())],
        [.. Enumerable.Range(0, features.Count).Select(i => new Token(firstPlace + i, [firstPlace + i], [1]))]);

    /// <summary>The tokens at the given indices, in that order.</summary>
    public MatchedTokens Select(IEnumerable<int> indices)
    {
        int[] chosen = [.. indices];
        return new MatchedTokens(Array.ConvertAll(chosen, i => _vectors[i]), Array.ConvertAll(chosen, i => Tokens[i]));
    }

    /// <summary>All tokens of the parts, one part after another.</summary>
    public static MatchedTokens Concatenate(IReadOnlyList<MatchedTokens> parts) =>
        new([.. parts.SelectMany(part => part._vectors)], [.. parts.SelectMany(part => part.Tokens)]);

    /// <summary>Merges until <paramref name="count"/> tokens are left; each round at most halves them.</summary>
    /// <param name="count">At least 1; where there are no more tokens than that, nothing is merged.</param>
    public MatchedTokens MergeTo(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        MatchedTokens current = this;
        while (current.Tokens.Count > count)
            current = current.Merge(Math.Min(current.Tokens.Count - count, current.Tokens.Count / 2));
        return current;
    }

    /// <summary>One round: merges the most similar pairs.</summary>
    /// <param name="pairs">How many tokens to merge away; at most half of them.</param>
    public MatchedTokens Merge(int pairs)
    {
        RealMatrix similarity = Similarity.Cosines(new TokenMatrix(_vectors.SelectMany(vector => vector).ToArray(), _vectors[0].Length));
        var matching = BipartiteMatching.Of(similarity, [.. Enumerable.Range(0, Tokens.Count)], pairs);
        ILookup<int, int> sources = matching.Accepted.Order().ToLookup(a => matching.Partners[a], a => 2 * a);
        int[] unmerged = [.. matching.Refused.Select(a => 2 * a)];
        int[][] groups = [.. Enumerable.Range(0, Tokens.Count / 2).Select(b => (int[])[2 * b + 1, .. sources[b]])];
        return new MatchedTokens(
            [.. unmerged.Select(i => _vectors[i]), .. groups.Select(MeanVector)],
            [.. unmerged.Select(i => Tokens[i]), .. groups.Select(MeanToken)],
            matching);
    }

    private float[] MeanVector(int[] group)
    {
        if (group.Length == 1)
            return _vectors[group[0]];
        float[] mean = new float[_vectors[0].Length];
        foreach (int i in group)
            TensorPrimitives.Add(mean, _vectors[i], mean);
        TensorPrimitives.Divide(mean, group.Length, mean);
        return mean;
    }

    private Token MeanToken(int[] group) => group.Length == 1 ? Tokens[group[0]] : new Token(
        Tokens[group[0]].Place,
        [.. group.SelectMany(i => Tokens[i].Members)],
        [.. group.SelectMany(i => Tokens[i].Weights.Select(weight => weight / group.Length))]);

    /// <summary>A token and what it averages.</summary>
    /// <param name="Place">The destination that the others were merged into.</param>
    /// <param name="Members">Source tokens.</param>
    /// <param name="Weights">One weight for each, summing to 1.</param>
    public sealed record Token(int Place, int[] Members, double[] Weights)
    {
        /// <summary>Adds the token to a plan.</summary>
        public void EmitTo(ReductionPlanBuilder plan) =>
            plan.Sum(Place, Members, Array.ConvertAll(Weights, weight => (float)weight), Members.Length);
    }
}
