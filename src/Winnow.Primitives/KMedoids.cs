namespace Winnow.Primitives;

/// <summary>Clusters around points of their own: k-medoids with a start that always takes the farthest point next.</summary>
/// <remarks>
/// The start is that of Katsavounidis, Kuo and Zhang, "A New Initialization Technique for Generalized Lloyd Iteration", 1994. Equal
/// distances go to the lower place on the list. A centre always belongs to its own cluster, so that none is ever empty.
/// </remarks>
public static class KMedoids
{
    /// <summary>Clusters points.</summary>
    /// <param name="distances"><c>[n, n]</c>, symmetric.</param>
    /// <param name="first">The first centre.</param>
    /// <param name="clusters">How many, from 1 to n.</param>
    /// <param name="moved">How far a centre has moved from one point to another.</param>
    /// <param name="threshold">Where all centres together move by less, the iteration ends.</param>
    /// <param name="limit">Most iterations, at least 1.</param>
    public static MedoidClusters Of(
        RealMatrix distances, int first, int clusters, Func<int, int, double> moved, double threshold, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(clusters, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(clusters, distances.Rows);
        int[] centres = GreedySelection.MaxMin([first], clusters, distances.Rows, (point, row) => distances[point].CopyTo(row)).Order;
        for (int iteration = 0; iteration < limit; iteration++)
        {
            int[] next = Array.ConvertAll(Merging.Members(Assign(distances, centres), clusters), members => Medoid(distances, members));
            double way = next.Zip(centres, (to, from) => moved(from, to)).Sum();
            centres = next;
            if (!(way >= threshold))
                break;
        }
        Array.Sort(centres);
        return new MedoidClusters(centres, Assign(distances, centres));
    }

    private static int[] Assign(RealMatrix distances, int[] centres)
    {
        double[] nearest = new double[distances.Rows];
        int[] labels = new int[distances.Rows];
        nearest.AsSpan().Fill(double.PositiveInfinity);
        for (int cluster = 0; cluster < centres.Length; cluster++)
        {
            ReadOnlySpan<double> row = distances[centres[cluster]];
            for (int point = 0; point < row.Length; point++)
                if (row[point] < nearest[point])
                    (nearest[point], labels[point]) = (row[point], cluster);
        }
        for (int cluster = 0; cluster < centres.Length; cluster++)
            labels[centres[cluster]] = cluster;
        return labels;
    }

    private static int Medoid(RealMatrix distances, int[] members)
    {
        int best = members[0];
        double least = double.PositiveInfinity;
        foreach (int candidate in members)
        {
            ReadOnlySpan<double> row = distances[candidate];
            double sum = 0;
            foreach (int member in members)
                sum += row[member];
            if (sum < least)
                (best, least) = (candidate, sum);
        }
        return best;
    }
}

/// <summary>Clusters around points of their own.</summary>
/// <param name="Centres">Points at the centres, rising.</param>
/// <param name="Labels"><c>[n]</c>: number of each point's centre.</param>
public sealed record MedoidClusters(int[] Centres, int[] Labels);
