using System.Numerics.Tensors;

namespace Winnow.Primitives;

/// <summary>Sends importance along the links of a graph, as PageRank does.</summary>
public static class Propagation
{
    /// <summary>Lets importance flow from node i to node j in the share <c>transition[i, j]</c>, several times: the initial row vector times a power of the matrix.</summary>
    /// <param name="transition"><c>[n, n]</c>; rows that sum to one lose nothing.</param>
    /// <param name="initial"><c>[n]</c>.</param>
    /// <param name="rounds">How often, at least 0.</param>
    /// <param name="damping">Share that is replaced by <c>1 / n</c> in every round, from 0 to 1.</param>
    /// <returns><c>[n]</c>.</returns>
    public static double[] Spread(RealMatrix transition, ReadOnlySpan<double> initial, int rounds, double damping = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rounds);
        double[] importance = initial.ToArray(), next = new double[initial.Length];
        for (int round = 0; round < rounds; round++)
        {
            Array.Fill(next, damping / next.Length);
            for (int i = 0; i < importance.Length; i++)
                if (importance[i] != 0)
                    TensorPrimitives.MultiplyAdd(transition[i], importance[i] * (1 - damping), next, next);
            (importance, next) = (next, importance);
        }
        return importance;
    }
}
