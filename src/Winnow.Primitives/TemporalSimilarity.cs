using System.Numerics.Tensors;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>How much each place resembles itself in the frame before.</summary>
public static class TemporalSimilarity
{
    /// <summary>Cosine of every token with the token at the same place of the previous frame; 0 with a vector of zeros.</summary>
    /// <param name="features"><c>[F * N, D]</c>, frame-major.</param>
    /// <param name="tokensPerFrame">N.</param>
    /// <returns><c>[(F - 1) * N]</c>: entry i is about token N + i.</returns>
    public static double[] WithPreviousFrame(TokenMatrix features, int tokensPerFrame)
    {
        double[] similarity = new double[features.Count - tokensPerFrame];
        double[] inverse = Similarity.InverseNorms(features);
        double[] current = new double[features.Dimension], previous = new double[features.Dimension];
        for (int i = 0; i < similarity.Length; i++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(features[i + tokensPerFrame], current);
            TensorPrimitives.ConvertTruncating<float, double>(features[i], previous);
            similarity[i] = TensorPrimitives.Dot<double>(current, previous) * inverse[i] * inverse[i + tokensPerFrame];
        }
        return similarity;
    }
}
