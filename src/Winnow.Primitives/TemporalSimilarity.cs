using System.Numerics.Tensors;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>How much each place resembles itself in other frames: cosines in float64. A vector of zeros has cosine 0.</summary>
public static class TemporalSimilarity
{
    /// <summary>Cosine of every token with the token at the same place of the previous frame.</summary>
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

    /// <summary>Cosine of every token of one frame with the token at the same place of another.</summary>
    /// <param name="features"><c>[F * N, D]</c>, frame-major.</param>
    /// <param name="tokensPerFrame">N.</param>
    /// <param name="frame">One frame.</param>
    /// <param name="reference">The other.</param>
    /// <returns><c>[N]</c>.</returns>
    public static double[] Between(TokenMatrix features, int tokensPerFrame, int frame, int reference)
    {
        double[] similarity = new double[tokensPerFrame];
        for (int n = 0; n < tokensPerFrame; n++)
            similarity[n] = Similarity.Cosine(features[frame * tokensPerFrame + n], features[reference * tokensPerFrame + n]);
        return similarity;
    }

    /// <summary>Mean cosine of a place over the pairs of different frames of a segment.</summary>
    /// <param name="features"><c>[F * N, D]</c>, frame-major.</param>
    /// <param name="tokensPerFrame">N.</param>
    /// <param name="segment">At least two frames.</param>
    /// <returns><c>[N]</c>.</returns>
    /// <remarks>With unit vectors u, the sum over all ordered pairs is <c>|sum u|^2</c>, so one pass over the frames does.</remarks>
    public static double[] WithinSegment(TokenMatrix features, int tokensPerFrame, Segment segment)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(segment.Length, 2);
        double[] similarity = new double[tokensPerFrame];
        double[] sum = new double[features.Dimension], wide = new double[features.Dimension];
        for (int n = 0; n < tokensPerFrame; n++)
        {
            Array.Clear(sum);
            for (int t = segment.Start; t < segment.End; t++)
            {
                ReadOnlySpan<float> token = features[t * tokensPerFrame + n];
                TensorPrimitives.ConvertTruncating(token, wide.AsSpan());
                double norm = Math.Sqrt(TensorPrimitives.SumOfSquares<double>(wide));
                if (norm > 0)
                    TensorPrimitives.MultiplyAdd(wide, 1 / norm, sum, sum);
            }
            similarity[n] = (TensorPrimitives.SumOfSquares<double>(sum) - segment.Length) / ((double)segment.Length * (segment.Length - 1));
        }
        return similarity;
    }
}
