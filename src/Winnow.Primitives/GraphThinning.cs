using System.Numerics.Tensors;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>Thins a set of vectors out round by round: those most like all that are left go first (SAINT, arXiv 2503.11549).</summary>
public static class GraphThinning
{
    /// <summary>Removes in every round the vectors with the largest sum of cosines with those left, themselves included.</summary>
    /// <param name="vectors"><c>[n, D]</c>; a vector of zeros is like none.</param>
    /// <param name="keep">How many are to be left, 0 or more.</param>
    /// <param name="divisor">
    /// The first round removes one in so many, and each later one as many as go into what is left by the number removed before; at least
    /// one, and never more than are to go.
    /// </param>
    /// <returns>Places of what is left, rising.</returns>
    public static int[] Keep(TokenMatrix vectors, int keep, int divisor)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(keep);
        ArgumentOutOfRangeException.ThrowIfLessThan(divisor, 1);
        List<int> left = [.. Enumerable.Range(0, vectors.Count)];
        if (left.Count <= keep)
            return [.. left];
        RealMatrix cosines = Similarity.Cosines(vectors);
        double[] likeness = new double[vectors.Count];
        for (int i = 0; i < likeness.Length; i++)
            likeness[i] = TensorPrimitives.Sum<double>(cosines[i]);
        for (int removed = divisor; left.Count > keep;)
        {
            removed = Math.Max(1, Math.Min(left.Count - keep, left.Count / removed));
            double[] scores = [.. left.Select(place => likeness[place])];
            foreach (int leaving in TopK.Largest(scores, removed, EmitBy.Place).Reverse())
            {
                TensorPrimitives.Subtract<double>(likeness, cosines[left[leaving]], likeness);
                left.RemoveAt(leaving);
            }
        }
        return [.. left];
    }
}
