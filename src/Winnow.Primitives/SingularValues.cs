using System.Numerics.Tensors;

namespace Winnow.Primitives;

/// <summary>Singular values of small matrices, by rotating pairs of rows until all are orthogonal (one-sided Jacobi).</summary>
public static class SingularValues
{
    private const int MostSweeps = 60;

    // Cosines below this no longer change a value of double precision.
    private const double Orthogonal = 1e-15;

    /// <summary>The singular values, falling; as many as the shorter side is long.</summary>
    /// <param name="matrix">Few rows; is not changed.</param>
    public static double[] Of(RealMatrix matrix)
    {
        double[][] rows = [.. Enumerable.Range(0, matrix.Rows).Select(row => matrix[row].ToArray())];
        for (int sweep = 0; sweep < MostSweeps && Sweep(rows); sweep++)
        {
        }
        double[] values = Array.ConvertAll(rows, row => Math.Sqrt(TensorPrimitives.SumOfSquares<double>(row)));
        Array.Sort(values);
        Array.Reverse(values);
        return values[..Math.Min(matrix.Rows, matrix.Columns)];
    }

    private static bool Sweep(double[][] rows)
    {
        bool turned = false;
        for (int i = 0; i < rows.Length; i++)
            for (int j = i + 1; j < rows.Length; j++)
                turned |= Turn(rows[i], rows[j]);
        return turned;
    }

    /// <summary>Makes two rows orthogonal, if they are not.</summary>
    private static bool Turn(double[] a, double[] b)
    {
        double squareA = TensorPrimitives.SumOfSquares<double>(a), squareB = TensorPrimitives.SumOfSquares<double>(b),
            dot = TensorPrimitives.Dot<double>(a, b);
        if (Math.Abs(dot) <= Orthogonal * Math.Sqrt(squareA * squareB))
            return false;
        double zeta = (squareB - squareA) / (2 * dot);
        double tangent = (zeta < 0 ? -1 : 1) / (Math.Abs(zeta) + Math.Sqrt(1 + zeta * zeta));
        double cosine = 1 / Math.Sqrt(1 + tangent * tangent), sine = cosine * tangent;
        for (int i = 0; i < a.Length; i++)
            (a[i], b[i]) = (cosine * a[i] - sine * b[i], sine * a[i] + cosine * b[i]);
        return true;
    }
}
