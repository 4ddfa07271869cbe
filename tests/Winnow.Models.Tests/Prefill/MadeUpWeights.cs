using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Models.Tests.Prefill;

/// <summary>Small random weights, biases and norms included, each of its own seed, and kept so that two readers see the same.</summary>
internal sealed class MadeUpWeights : IWeightSource
{
    private readonly Dictionary<string, float[]> _values = [];
    private readonly Dictionary<string, WeightMatrix> _matrices = [];

    public bool Has(string name) => true;

    public WeightMatrix Matrix(string name, params ReadOnlySpan<int> shape) => Table(name, shape[0], shape[1]);

    public WeightMatrix Table(string name, int rows, int columns)
    {
        if (!_matrices.TryGetValue(name, out WeightMatrix? matrix))
            _matrices[name] = matrix = WeightMatrix.FromValues(Uniform(name, rows * columns, 0, Math.Sqrt(6.0 / columns)), rows, columns);
        return matrix;
    }

    public float[] Values(string name, params ReadOnlySpan<int> shape)
    {
        if (!_values.TryGetValue(name, out float[]? values))
            _values[name] = values = name.EndsWith("bias", StringComparison.Ordinal)
                ? Uniform(name, shape[0], 0, 0.5)
                : Uniform(name, shape[0], 1, 0.3);
        return values;
    }

    private static float[] Uniform(string name, int count, double middle, double reach)
    {
        var random = new Random(name.Aggregate(17, (seed, letter) => unchecked(seed * 31 + letter)));
        return [.. Enumerable.Range(0, count).Select(_ => (float)(middle + reach * (2 * random.NextDouble() - 1)))];
    }
}
