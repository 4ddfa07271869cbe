namespace Winnow.Reduction;

/// <summary>A computed signal: values, row-major, and their shape.</summary>
public sealed class SignalValue
{
    /// <summary>Wraps values without copying them.</summary>
    /// <exception cref="ArgumentException">The shape's product is not the number of values.</exception>
    public SignalValue(ReadOnlyMemory<float> values, params int[] shape)
    {
        long count = shape.Aggregate(1L, (product, side) => product * side);
        if (count != values.Length)
            throw new ArgumentException(
                $"A signal of shape [{string.Join(", ", shape)}] has {count} values; {values.Length} were given.", nameof(values));
        (Values, Shape) = (values, shape);
    }

    /// <summary>Values, row-major.</summary>
    public ReadOnlyMemory<float> Values { get; }

    /// <summary>Sides of the array, slowest first.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>The values as vectors of the last side.</summary>
    public TokenMatrix AsMatrix() => new(Values, Shape[^1]);
}
