namespace Winnow.Reduction;

/// <summary>A read-only view of vectors laid out one after another: <c>[Count, Dimension]</c>, float32, row-major.</summary>
public readonly struct TokenMatrix
{
    /// <summary>Wraps memory without copying it.</summary>
    /// <exception cref="ArgumentException">The memory's length is not a multiple of <paramref name="dimension"/>.</exception>
    public TokenMatrix(ReadOnlyMemory<float> values, int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        if (values.Length % dimension != 0)
            throw new ArgumentException($"{values.Length} values are no whole number of vectors of {dimension}.", nameof(values));
        (Values, Dimension) = (values, dimension);
    }

    /// <summary>All values, row-major.</summary>
    public ReadOnlyMemory<float> Values { get; }

    /// <summary>Length of a vector (D in the papers).</summary>
    public int Dimension { get; }

    /// <summary>Number of vectors.</summary>
    public int Count => Dimension == 0 ? 0 : Values.Length / Dimension;

    /// <summary>Vector <paramref name="index"/>.</summary>
    public ReadOnlySpan<float> this[int index] => Values.Span.Slice(index * Dimension, Dimension);

    /// <summary>The vectors <paramref name="start"/> .. <paramref name="start"/> + <paramref name="count"/> - 1.</summary>
    public TokenMatrix Slice(int start, int count) => new(Values.Slice(start * Dimension, count * Dimension), Dimension);

    /// <summary>A copy of some vectors, in the order given.</summary>
    public TokenMatrix Gather(ReadOnlySpan<int> indices)
    {
        float[] gathered = new float[indices.Length * Dimension];
        for (int i = 0; i < indices.Length; i++)
            this[indices[i]].CopyTo(gathered.AsSpan(i * Dimension, Dimension));
        return new TokenMatrix(gathered, Dimension);
    }
}
