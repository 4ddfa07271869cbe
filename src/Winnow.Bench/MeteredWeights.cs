using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Bench;

/// <summary>Counts the bytes of the weights that a model takes.</summary>
internal sealed class MeteredWeights(IWeightSource source) : IWeightSource
{
    private readonly Dictionary<string, long> _matrices = [];
    private readonly HashSet<nint> _counted = [];

    /// <summary>Bytes of everything that was taken.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes of the matrices that one token of text passes through: the decoder's and the head.</summary>
    public long DecodeBytes => _matrices.Where(pair => pair.Key.StartsWith("text.", StringComparison.Ordinal)
        || pair.Key.StartsWith("head.", StringComparison.Ordinal)).Sum(pair => pair.Value);

    /// <inheritdoc/>
    public bool Has(string name) => source.Has(name);

    /// <inheritdoc/>
    public WeightMatrix Matrix(string name, params ReadOnlySpan<int> shape)
    {
        WeightMatrix matrix = source.Matrix(name, shape);
        _matrices[name] = matrix.Bytes;
        Count(matrix);
        return matrix;
    }

    /// <inheritdoc/>
    public WeightMatrix Table(string name, int rows, int columns)
    {
        WeightMatrix table = source.Table(name, rows, columns);
        Count(table);
        return table;
    }

    /// <inheritdoc/>
    public float[] Values(string name, params ReadOnlySpan<int> shape)
    {
        float[] values = source.Values(name, shape);
        Bytes += sizeof(float) * (long)values.Length;
        return values;
    }

    // A head that is tied to the embeddings is the same memory.
    private unsafe void Count(WeightMatrix matrix)
    {
        if (_counted.Add((nint)matrix.Data))
            Bytes += matrix.Bytes;
    }
}
