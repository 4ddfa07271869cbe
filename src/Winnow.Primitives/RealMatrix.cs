using System.Numerics.Tensors;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>A matrix of doubles, row-major: distances or similarities of tokens.</summary>
/// <remarks>Decisions hang on differences between nearly equal values, so they are made in float64 although the features are
/// float32.</remarks>
public sealed class RealMatrix
{
    /// <summary>Creates a matrix of zeros.</summary>
    public RealMatrix(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        (Rows, Columns) = (rows, columns);
        Values = new double[checked(rows * columns)];
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>All values, row-major; the matrix owns the array.</summary>
    public double[] Values { get; }

    /// <summary>Row <paramref name="row"/>.</summary>
    public Span<double> this[int row] => Values.AsSpan(row * Columns, Columns);

    /// <summary>One value.</summary>
    public double this[int row, int column]
    {
        get => Values[row * Columns + column];
        set => Values[row * Columns + column] = value;
    }

    /// <summary>The square matrix of the given rows and columns, in their order.</summary>
    public RealMatrix Select(ReadOnlySpan<int> members)
    {
        var selected = new RealMatrix(members.Length, members.Length);
        for (int i = 0; i < members.Length; i++)
        {
            Span<double> target = selected[i];
            ReadOnlySpan<double> source = this[members[i]];
            for (int j = 0; j < members.Length; j++)
                target[j] = source[members[j]];
        }
        return selected;
    }

    /// <summary>The rows as float32 vectors, for what compares vectors.</summary>
    public TokenMatrix ToVectors()
    {
        float[] narrow = new float[Values.Length];
        TensorPrimitives.ConvertTruncating<double, float>(Values, narrow);
        return new TokenMatrix(narrow, Columns);
    }
}
