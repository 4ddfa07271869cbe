namespace Winnow.Primitives;

/// <summary>How much lonelier each of n numbers is than its neighbours.</summary>
/// <remarks>The local outlier factor of Breunig, Kriegel, Ng and Sander (SIGMOD 2000), for numbers on a line: neighbours are found by
/// sorting.</remarks>
public static class LocalOutlierFactor
{
    // Against division by zero among copies, as in scikit-learn.
    private const double Guard = 1e-10;

    /// <summary>The factor of each number: about 1 inside a cluster, larger outside.</summary>
    /// <param name="values">Finite numbers, in any order.</param>
    /// <param name="neighbours">Neighbours that count, the number itself not among them; reduced to n - 1 where there are fewer.</param>
    /// <returns><c>[n]</c>; 1 for a single number.</returns>
    public static double[] Of(ReadOnlySpan<double> values, int neighbours)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(neighbours, 1);
        int count = values.Length, k = Math.Min(neighbours, count - 1);
        double[] factors = new double[count];
        if (count < 2)
        {
            Array.Fill(factors, 1);
            return factors;
        }
        int[] order = TopK.Smallest(values, count, EmitBy.Score);
        double[] sorted = new double[count];
        for (int i = 0; i < count; i++)
            sorted[i] = values[order[i]];
        int[] starts = NeighbourWindows(sorted, k);
        double[] reach = new double[count], density = new double[count];
        for (int i = 0; i < count; i++)
            reach[i] = Math.Max(sorted[i] - sorted[starts[i]], sorted[starts[i] + k] - sorted[i]);
        for (int i = 0; i < count; i++)
        {
            double sum = 0;
            for (int j = starts[i]; j <= starts[i] + k; j++)
                sum += j == i ? 0 : Math.Max(Math.Abs(sorted[i] - sorted[j]), reach[j]);
            density[i] = 1 / (sum / k + Guard);
        }
        for (int i = 0; i < count; i++)
        {
            double sum = 0;
            for (int j = starts[i]; j <= starts[i] + k; j++)
                sum += j == i ? 0 : density[j];
            factors[order[i]] = sum / k / density[i];
        }
        return factors;
    }

    /// <summary>For each sorted number the first of the k + 1 numbers, itself included, that hold its k nearest others.</summary>
    private static int[] NeighbourWindows(double[] sorted, int k)
    {
        int[] starts = new int[sorted.Length];
        int start = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            start = Math.Max(start, i - k);
            while (start < i && start + k + 1 < sorted.Length && sorted[start + k + 1] - sorted[i] < sorted[i] - sorted[start])
                start++;
            starts[i] = start;
        }
        return starts;
    }
}
