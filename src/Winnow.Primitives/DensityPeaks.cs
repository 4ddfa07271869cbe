using System.Numerics.Tensors;

namespace Winnow.Primitives;

/// <summary>Density peaks: points that are dense and far from anything denser.</summary>
/// <remarks>
/// The k-nearest-neighbour form of Rodriguez and Laio's clustering (Science 344, 2014) that the token papers share. The official codes add
/// uniform noise of 1e-6 to the densities against ties; here none is added, and ties go to the lower index.
/// </remarks>
public sealed class DensityPeaks
{
    private DensityPeaks(double[] density, double[] separation)
    {
        (Density, Separation) = (density, separation);
        Score = new double[density.Length];
        TensorPrimitives.Multiply(density, separation, Score);
    }

    /// <summary><c>[n]</c>: <c>exp(-mean of the squared distances to the k nearest points, the point itself among them)</c>, or what was
    /// given.</summary>
    public double[] Density { get; }

    /// <summary><c>[n]</c>: distance to the nearest denser point, or the largest distance of all where none is
    /// denser.</summary>
    public double[] Separation { get; }

    /// <summary><c>[n]</c>: density times separation.</summary>
    public double[] Score { get; }

    /// <summary>Density peaks among points with the density of their nearest neighbours.</summary>
    /// <param name="distances"><c>[n, n]</c>.</param>
    /// <param name="neighbours">k, from 1 to n; the point itself counts.</param>
    public static DensityPeaks Of(RealMatrix distances, int neighbours) => Of(distances, NeighbourDensity(distances, neighbours));

    /// <summary>
    /// Density peaks by the nearest others alone: a point does not count among its own neighbours, and of equally dense points the earlier
    /// counts as denser.
    /// </summary>
    /// <param name="distances"><c>[n, n]</c>, zero on the diagonal.</param>
    /// <param name="neighbours">k, at least 1; where there are fewer others, as many as there are.</param>
    public static DensityPeaks OfOthers(RealMatrix distances, int neighbours)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(neighbours, 1);
        int others = Math.Min(neighbours, distances.Rows - 1);
        double[] density = new double[distances.Rows], nearest = new double[others + 1];
        for (int i = 0; i < density.Length; i++)
        {
            // The point itself is the nearest of all, at a distance of 0, and adds nothing.
            TopK.SmallestValues(distances[i], nearest);
            density[i] = Math.Exp(-TensorPrimitives.SumOfSquares<double>(nearest) / Math.Max(1, others));
        }
        return Of(distances, density, earlierIsDenser: true);
    }

    /// <summary>Density peaks among points whose density comes from elsewhere.</summary>
    /// <param name="distances"><c>[n, n]</c>.</param>
    /// <param name="density"><c>[n]</c>; taken over.</param>
    /// <param name="ownReach">Whether a point that nothing is denser than takes its own largest distance instead of the largest of
    /// all.</param>
    /// <param name="earlierIsDenser">Whether of equally dense points the earlier counts as denser; otherwise neither does.</param>
    public static DensityPeaks Of(RealMatrix distances, double[] density, bool ownReach = false, bool earlierIsDenser = false)
    {
        double largest = distances.Rows == 0 ? 0 : TensorPrimitives.Max<double>(distances.Values);
        double[] separation = new double[density.Length];
        for (int i = 0; i < separation.Length; i++)
        {
            ReadOnlySpan<double> row = distances[i];
            double nearest = double.PositiveInfinity;
            for (int j = 0; j < row.Length; j++)
                if ((density[j] > density[i] || (earlierIsDenser && j < i && density[j] == density[i])) && row[j] < nearest)
                    nearest = row[j];
            separation[i] = !double.IsPositiveInfinity(nearest) ? nearest : ownReach ? TensorPrimitives.Max(row) : largest;
        }
        return new DensityPeaks(density, separation);
    }

    /// <summary>The points of highest score.</summary>
    /// <param name="count">How many, at most n.</param>
    /// <param name="order">By falling score or by place.</param>
    public int[] Centres(int count, EmitBy order) => TopK.Largest(Score, count, order);

    /// <summary>Assigns every point to its nearest centre, the first of the list on ties; centres belong to themselves.</summary>
    /// <param name="distances"><c>[n, n]</c>.</param>
    /// <param name="centres">At least one; their order numbers the clusters.</param>
    /// <returns><c>[n]</c>: number of the cluster.</returns>
    public static int[] Assign(RealMatrix distances, ReadOnlySpan<int> centres)
    {
        int[] labels = new int[distances.Rows];
        for (int i = 0; i < labels.Length; i++)
        {
            ReadOnlySpan<double> row = distances[i];
            for (int c = 1; c < centres.Length; c++)
                if (row[centres[c]] < row[centres[labels[i]]])
                    labels[i] = c;
        }
        for (int c = 0; c < centres.Length; c++)
            labels[centres[c]] = c;
        return labels;
    }

    private static double[] NeighbourDensity(RealMatrix distances, int neighbours)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(neighbours, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(neighbours, Math.Max(1, distances.Columns));
        double[] density = new double[distances.Rows];
        Span<double> nearest = neighbours <= 64 ? stackalloc double[neighbours] : new double[neighbours];
        for (int i = 0; i < density.Length; i++)
        {
            TopK.SmallestValues(distances[i], nearest);
            density[i] = Math.Exp(-TensorPrimitives.SumOfSquares<double>(nearest) / neighbours);
        }
        return density;
    }
}
