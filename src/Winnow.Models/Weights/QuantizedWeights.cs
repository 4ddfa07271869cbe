using Winnow.Numerics;

namespace Winnow.Models.Weights;

/// <summary>Hands out the matrices of another source rounded to int8; those that are int8, tables and small tensors pass through.</summary>
/// <param name="source">Where the weights come from.</param>
/// <param name="compute">Threads to quantise on.</param>
/// <param name="groupSize">Inputs that share one scale.</param>
internal sealed class QuantizedWeights(IWeightSource source, Compute compute, int groupSize) : IWeightSource
{
    /// <inheritdoc/>
    public bool Has(string name) => source.Has(name);

    /// <inheritdoc/>
    public WeightMatrix Matrix(string name, params ReadOnlySpan<int> shape)
    {
        WeightMatrix stored = source.Matrix(name, shape);
        if (stored.Type == WeightType.Int8)
            return stored;
        WeightMatrix rounded = stored.Quantize(compute, groupSize);
        source.Release(name);
        return rounded;
    }

    /// <inheritdoc/>
    public WeightMatrix Table(string name, int rows, int columns) => source.Table(name, rows, columns);

    /// <inheritdoc/>
    public float[] Values(string name, params ReadOnlySpan<int> shape) => source.Values(name, shape);
}
