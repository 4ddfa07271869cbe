using Winnow.Numerics;

namespace Winnow.Models.Weights;

/// <summary>Passes every request on and notes which tensors a model takes as matrices and which otherwise.</summary>
internal sealed class RequestedTensors(IWeightSource source) : IWeightSource
{
    /// <summary>Matrices for products.</summary>
    public Dictionary<string, WeightMatrix> Matrices { get; } = new(StringComparer.Ordinal);

    /// <summary>What is needed in its stored type: tables and small tensors.</summary>
    public HashSet<string> Others { get; } = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public bool Has(string name) => source.Has(name);

    /// <inheritdoc/>
    public WeightMatrix Matrix(string name, params ReadOnlySpan<int> shape) => Matrices[name] = source.Matrix(name, shape);

    /// <inheritdoc/>
    public WeightMatrix Table(string name, int rows, int columns)
    {
        Others.Add(name);
        return source.Table(name, rows, columns);
    }

    /// <inheritdoc/>
    public float[] Values(string name, params ReadOnlySpan<int> shape)
    {
        Others.Add(name);
        return source.Values(name, shape);
    }
}
