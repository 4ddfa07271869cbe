using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>Which patches of a frame are neighbours, as weights of 0 and 1 from each patch (row) to its own neighbours (columns).</summary>
public static class NeighbourGraph
{
    /// <summary>Patches whose rows and columns differ by at most one, a patch itself left out.</summary>
    /// <param name="places"><c>[n]</c>: each patch's place in its frame, row-major.</param>
    /// <param name="columns">Patches in a row of the grid.</param>
    /// <returns><c>[n, n]</c>.</returns>
    public static RealMatrix OnGrid(ReadOnlySpan<int> places, int columns)
    {
        var edges = new RealMatrix(places.Length, places.Length);
        for (int i = 0; i < places.Length; i++)
            for (int j = 0; j < places.Length; j++)
                if (i != j && Math.Abs(places[i] / columns - places[j] / columns) <= 1
                    && Math.Abs(places[i] % columns - places[j] % columns) <= 1)
                    edges[i, j] = 1;
        return edges;
    }

    /// <summary>The patches that are most similar by cosine, and all that are exactly as similar as the last of them.</summary>
    /// <param name="patches"><c>[n, D]</c>.</param>
    /// <param name="neighbours">How many, 0 or more; all others where there are fewer.</param>
    /// <returns><c>[n, n]</c>; a patch takes a place of its own in its ranking, but is not its own neighbour.</returns>
    public static RealMatrix MostSimilar(TokenMatrix patches, int neighbours)
    {
        RealMatrix edges = Similarity.Cosines(patches);
        double[] sorted = new double[edges.Columns];
        for (int i = 0; i < edges.Rows; i++)
        {
            Span<double> row = edges[i];
            row.CopyTo(sorted);
            double threshold = OrderStatistic.Smallest(sorted.AsSpan(), Math.Max(1, row.Length - neighbours));
            for (int j = 0; j < row.Length; j++)
                row[j] = j != i && row[j] >= threshold ? 1 : 0;
        }
        return edges;
    }

    /// <summary>The edges of both graphs.</summary>
    public static RealMatrix Union(RealMatrix a, RealMatrix b)
    {
        var union = new RealMatrix(a.Rows, a.Columns);
        for (int i = 0; i < union.Values.Length; i++)
            union.Values[i] = Math.Max(a.Values[i], b.Values[i]);
        return union;
    }

    /// <summary>Divides each edge by the square root of the product of how many neighbours its two ends have.</summary>
    /// <param name="edges"><c>[n, n]</c>, changed in place; a patch without neighbours is nobody's either.</param>
    public static void Normalize(RealMatrix edges)
    {
        double[] scales = new double[edges.Rows];
        for (int i = 0; i < scales.Length; i++)
        {
            double degree = 0;
            foreach (double edge in edges[i])
                degree += edge;
            scales[i] = degree > 0 ? 1 / Math.Sqrt(degree) : 0;
        }
        for (int i = 0; i < edges.Rows; i++)
            for (int j = 0; j < edges.Columns; j++)
                edges[i, j] *= scales[i] * scales[j];
    }
}
