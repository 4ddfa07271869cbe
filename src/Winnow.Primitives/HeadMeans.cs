using System.Numerics.Tensors;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>Vectors of several attention heads side by side, averaged over the heads.</summary>
public static class HeadMeans
{
    /// <summary>The mean over the heads of every vector.</summary>
    /// <param name="vectors"><c>[n, heads * width]</c>.</param>
    /// <param name="heads">Number of heads, at least 1.</param>
    /// <returns><c>[n, width]</c>; the vectors themselves where there is one head.</returns>
    /// <exception cref="ArgumentException">The vectors are no whole number of heads long.</exception>
    public static TokenMatrix Of(TokenMatrix vectors, int heads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        if (vectors.Dimension % heads != 0)
            throw new ArgumentException($"Vectors of {vectors.Dimension} values do not split into {heads} heads.", nameof(heads));
        if (heads == 1)
            return vectors;
        int width = vectors.Dimension / heads;
        float[] means = new float[vectors.Count * width];
        for (int i = 0; i < vectors.Count; i++)
        {
            Span<float> mean = means.AsSpan(i * width, width);
            for (int head = 0; head < heads; head++)
                TensorPrimitives.Add(mean, vectors[i].Slice(head * width, width), mean);
            TensorPrimitives.Divide(mean, heads, mean);
        }
        return new TokenMatrix(means, width);
    }
}
