using System.Numerics.Tensors;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>Tokens at even places that have many near-copies at odd places.</summary>
/// <param name="Count">Even tokens with enough copies.</param>
/// <param name="Scores">One value for each even token, in their order: the larger, the sooner it can go.</param>
public sealed record NearCopies(int Count, double[] Scores)
{
    /// <summary>Compares every token at an even place with those at odd places.</summary>
    /// <param name="metric"><c>[n, D]</c>: vectors that are compared by cosine; a vector of zeros is no copy of any.</param>
    /// <param name="threshold">Cosine from which on a token counts as a copy.</param>
    /// <param name="neighbours">How many copies are enough, at least 1.</param>
    /// <param name="sharpness">How fast the score grows with the copies' likeness above the threshold.</param>
    public static NearCopies Of(TokenMatrix metric, double threshold, int neighbours, double sharpness)
    {
        (TokenMatrix even, TokenMatrix odd) = (metric.Gather(Places(metric.Count, 0)), metric.Gather(Places(metric.Count, 1)));
        double[] scores = new double[even.Count];
        int enough = 0;
        for (int i = 0; i < even.Count && odd.Count > 0; i++)
        {
            double[] row = Similarity.Cosines(even.Slice(i, 1), odd).Values;
            double[] copies = even[i].ContainsAnyExcept(0f) ? Array.FindAll(row, cosine => cosine >= threshold) : [];
            enough += copies.Length >= neighbours ? 1 : 0;
            scores[i] = copies.Length > 0
                ? copies.Length * Math.Exp(sharpness * (copies.Average() - threshold))
                : TensorPrimitives.Sum<double>(row) / row.Length;
        }
        return new NearCopies(enough, scores);
    }

    /// <summary>
    /// The tokens without the <paramref name="dropped"/> even ones of the largest scores: what is left of the even ones by falling
    /// score, then the odd ones.
    /// </summary>
    /// <param name="dropped">How many go; where none do, the order stays as it is.</param>
    /// <param name="tokens">Number of tokens, n.</param>
    public int[] Without(int dropped, int tokens) => dropped == 0
        ? [.. Enumerable.Range(0, tokens)]
        : [.. TopK.Largest(Scores, Scores.Length, EmitBy.Score)[dropped..].Select(i => 2 * i), .. Places(tokens, 1)];

    private static int[] Places(int tokens, int first) => [.. Enumerable.Range(0, tokens).Where(place => place % 2 == first)];
}
