using Winnow.Reduction;

namespace Winnow.Tests.Primitives;

/// <summary>Small made-up inputs for the primitives.</summary>
internal static class Samples
{
    public static TokenMatrix Vectors(int seed, int count, int dimension)
    {
        var random = new Random(seed);
        return new TokenMatrix(Enumerable.Range(0, count * dimension)
            .Select(_ => (float)(random.NextDouble() * 2 - 1)).ToArray(), dimension);
    }

    public static double[] Numbers(int seed, int count, int distinct = int.MaxValue)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(distinct) / (double)Math.Min(distinct, 1000))];
    }
}
