using System.Numerics.Tensors;

namespace Winnow.Primitives;

/// <summary>Importance that flows along the links of a graph, as in PageRank.</summary>
public static class GraphDiffusion
{
    /// <summary>Sends values along the links: <c>x := (x P)(1 - damping) + damping * sum(start) / n</c>, a number of times.</summary>
    /// <param name="links"><c>[n, n]</c>; row i says in which shares node i passes its value on.</param>
    /// <param name="start"><c>[n]</c>: values at the start.</param>
    /// <param name="steps">How often, 0 or more; the result is that of the matrix power, up to rounding.</param>
    /// <param name="damping">Share that is dealt out evenly, from 0 to 1.</param>
    /// <returns><c>[n]</c>.</returns>
    public static double[] Spread(RealMatrix links, ReadOnlySpan<double> start, int steps, double damping = 0)
    {
        double[] values = start.ToArray(), next = new double[start.Length];
        double evenly = damping * TensorPrimitives.Sum(start) / Math.Max(1, start.Length);
        for (int step = 0; step < steps; step++)
        {
            next.AsSpan().Fill(evenly);
            for (int i = 0; i < values.Length; i++)
                TensorPrimitives.MultiplyAdd(links[i], values[i] * (1 - damping), next, next);
            (values, next) = (next, values);
        }
        return values;
    }
}
