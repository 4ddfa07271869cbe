using System.Numerics.Tensors;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>Means of tokens over frames and segments, in float64.</summary>
public static class FrameMeans
{
    /// <summary>The mean token of every frame.</summary>
    /// <param name="features"><c>[F * N, D]</c>, frame-major.</param>
    /// <param name="tokensPerFrame">N.</param>
    /// <returns><c>[F, D]</c>.</returns>
    public static RealMatrix Of(TokenMatrix features, int tokensPerFrame)
    {
        int frames = features.Count / tokensPerFrame;
        var means = new RealMatrix(frames, features.Dimension);
        double[] wide = new double[features.Dimension];
        for (int t = 0; t < frames; t++)
        {
            Span<double> mean = means[t];
            for (int n = 0; n < tokensPerFrame; n++)
            {
                TensorPrimitives.ConvertTruncating<float, double>(features[t * tokensPerFrame + n], wide);
                TensorPrimitives.Add(mean, wide, mean);
            }
            TensorPrimitives.Divide(mean, tokensPerFrame, mean);
        }
        return means;
    }

    /// <summary>The mean token of every segment: the mean of its frames' means, which have equally many tokens.</summary>
    /// <param name="frameMeans"><c>[F, D]</c>.</param>
    /// <param name="segments">Segments of the F frames.</param>
    /// <returns><c>[segments, D]</c>.</returns>
    public static RealMatrix OfSegments(RealMatrix frameMeans, IReadOnlyList<Segment> segments)
    {
        var means = new RealMatrix(segments.Count, frameMeans.Columns);
        for (int s = 0; s < segments.Count; s++)
        {
            Span<double> mean = means[s];
            for (int t = segments[s].Start; t < segments[s].End; t++)
                TensorPrimitives.Add(mean, frameMeans[t], mean);
            TensorPrimitives.Divide(mean, segments[s].Length, mean);
        }
        return means;
    }

    /// <summary>The mean over a segment of each of the given places.</summary>
    /// <param name="features"><c>[F * N, D]</c>, frame-major.</param>
    /// <param name="tokensPerFrame">N.</param>
    /// <param name="segment">Frames to average.</param>
    /// <param name="places">Places inside a frame.</param>
    /// <returns><c>[places, D]</c>.</returns>
    public static RealMatrix OfPlaces(TokenMatrix features, int tokensPerFrame, Segment segment, ReadOnlySpan<int> places)
    {
        var means = new RealMatrix(places.Length, features.Dimension);
        double[] wide = new double[features.Dimension];
        for (int i = 0; i < places.Length; i++)
        {
            for (int t = segment.Start; t < segment.End; t++)
            {
                TensorPrimitives.ConvertTruncating(features[t * tokensPerFrame + places[i]], wide.AsSpan());
                TensorPrimitives.Add(means[i], wide, means[i]);
            }
            TensorPrimitives.Divide(means[i], segment.Length, means[i]);
        }
        return means;
    }

    /// <summary>Cosine of every row with the next one.</summary>
    /// <param name="rows"><c>[F, D]</c>.</param>
    /// <returns><c>[F - 1]</c>.</returns>
    public static double[] AdjacentCosines(RealMatrix rows)
    {
        double[] similarity = new double[Math.Max(0, rows.Rows - 1)];
        for (int t = 0; t < similarity.Length; t++)
            similarity[t] = Similarity.Cosine(rows[t], rows[t + 1]);
        return similarity;
    }

    /// <summary>Cosine of every vector with the next one.</summary>
    /// <param name="vectors"><c>[F, D]</c>.</param>
    /// <returns><c>[F - 1]</c>.</returns>
    public static double[] AdjacentCosines(TokenMatrix vectors)
    {
        double[] similarity = new double[Math.Max(0, vectors.Count - 1)];
        for (int t = 0; t < similarity.Length; t++)
            similarity[t] = Similarity.Cosine(vectors[t], vectors[t + 1]);
        return similarity;
    }
}
