using System.Numerics.Tensors;

namespace Winnow.Primitives;

/// <summary>Eigenvalues of a symmetric matrix, without eigenvectors.</summary>
/// <remarks>
/// Householder reflections make the matrix tridiagonal, then QL steps with implicit shifts make it diagonal: Golub and Van Loan, Matrix
/// Computations, 4th edition, sections 8.3.1 and 8.3.3. The reflections take two thirds of n cubed multiplications, in one sweep over the
/// lower triangle each.
/// </remarks>
public static class SymmetricEigenvalues
{
    /// <summary>All eigenvalues, rising.</summary>
    /// <param name="matrix"><c>[n, n]</c>, symmetric, finite; only its lower triangle is read, and destroyed.</param>
    /// <exception cref="ArithmeticException">The steps do not come to an end, which no finite matrix is known to cause.</exception>
    public static double[] Of(RealMatrix matrix)
    {
        if (matrix.Rows != matrix.Columns)
            throw new ArgumentException($"A matrix of {matrix.Rows} x {matrix.Columns} has no eigenvalues; it must be square.",
                nameof(matrix));
        (double[] diagonal, double[] beside) = Tridiagonal(matrix);
        Diagonalize(diagonal, beside);
        Array.Sort(diagonal);
        return diagonal;
    }

    /// <summary>
    /// Reduces from the last row up: row k's entries left of its neighbour are reflected away. Behind it, row k left of the diagonal holds
    /// the vector of its reflection, or nothing but zeros before its neighbour where there was nothing to reflect.
    /// </summary>
    internal static (double[] Diagonal, double[] Beside) Tridiagonal(RealMatrix a)
    {
        int n = a.Rows;
        double[] beside = new double[n], product = new double[n];
        for (int k = n - 1; k > 1; k--)
        {
            Span<double> v = a[k][..k];
            double norm = TensorPrimitives.Norm<double>(v);
            double tail = TensorPrimitives.Norm<double>(v[..^1]);
            if (tail == 0)
            {
                beside[k] = v[^1];
                continue;
            }
            // The sign that adds up, so that no digits cancel.
            double pivot = v[^1] > 0 ? norm : -norm;
            beside[k] = -pivot;
            v[^1] += pivot;
            double half = pivot * v[^1];
            Span<double> p = product.AsSpan(0, k);
            MultiplySymmetric(a, v, p);
            TensorPrimitives.Divide(p, half, p);
            double along = TensorPrimitives.Dot<double>(v, p) / (2 * half);
            TensorPrimitives.MultiplyAdd(v, -along, p, p);
            for (int i = 0; i < k; i++)
            {
                Span<double> row = a[i][..(i + 1)];
                TensorPrimitives.MultiplyAdd(p[..(i + 1)], -v[i], row, row);
                TensorPrimitives.MultiplyAdd(v[..(i + 1)], -p[i], row, row);
            }
        }
        if (n > 1)
            beside[1] = a[1, 0];
        double[] diagonal = new double[n];
        for (int i = 0; i < n; i++)
            diagonal[i] = a[i, i];
        return (diagonal, beside);
    }

    private static void MultiplySymmetric(RealMatrix a, ReadOnlySpan<double> v, Span<double> product)
    {
        product.Clear();
        for (int i = 0; i < v.Length; i++)
        {
            ReadOnlySpan<double> left = a[i][..i];
            product[i] += a[i, i] * v[i] + TensorPrimitives.Dot(left, v[..i]);
            TensorPrimitives.MultiplyAdd(left, v[i], product[..i], product[..i]);
        }
    }

    /// <summary>QL with implicit shifts; <paramref name="beside"/>[i] lies between diagonal entries i - 1 and i.</summary>
    /// <param name="diagonal">Becomes the eigenvalues.</param>
    /// <param name="beside">Is destroyed.</param>
    /// <param name="vectors">Rows that are turned along, one for each eigenvalue; null for none.</param>
    internal static void Diagonalize(double[] diagonal, double[] beside, RealMatrix? vectors = null)
    {
        const int MostSteps = 60;
        int n = diagonal.Length;
        for (int low = 0; low < n; low++)
        {
            for (int step = 0; ; step++)
            {
                // The block that starts here and hangs together.
                int high = low;
                while (high + 1 < n && !IsNegligible(beside[high + 1], diagonal[high], diagonal[high + 1]))
                    high++;
                if (high == low)
                    break;
                if (step == MostSteps)
                    throw new ArithmeticException(
                        $"Eigenvalue {low} of {n} does not converge; the matrix holds values that are not finite.");
                Sweep(diagonal, beside, low, high, vectors);
            }
        }
    }

    private static bool IsNegligible(double value, double before, double after) =>
        Math.Abs(value) <= double.Epsilon + 2.3e-16 * (Math.Abs(before) + Math.Abs(after));

    private static void Sweep(double[] d, double[] beside, int low, int high, RealMatrix? vectors)
    {
        double g = (d[low + 1] - d[low]) / (2 * beside[low + 1]);
        double r = double.Hypot(g, 1);
        g = d[high] - d[low] + beside[low + 1] / (g + (g >= 0 ? r : -r));
        double sine = 1, cosine = 1, shift = 0;
        for (int i = high - 1; i >= low; i--)
        {
            double f = sine * beside[i + 1], b = cosine * beside[i + 1];
            r = double.Hypot(f, g);
            if (i + 2 <= high)
                beside[i + 2] = r;
            if (r == 0)
            {
                d[i + 1] -= shift;
                return;
            }
            (sine, cosine) = (f / r, g / r);
            g = d[i + 1] - shift;
            r = (d[i] - g) * sine + 2 * cosine * b;
            shift = sine * r;
            d[i + 1] = g + shift;
            g = cosine * r - b;
            if (vectors is not null)
                Turn(vectors[i], vectors[i + 1], sine, cosine);
        }
        d[low] -= shift;
        beside[low + 1] = g;
    }

    private static void Turn(Span<double> low, Span<double> high, double sine, double cosine)
    {
        for (int i = 0; i < low.Length; i++)
            (low[i], high[i]) = (cosine * low[i] - sine * high[i], sine * low[i] + cosine * high[i]);
    }
}
