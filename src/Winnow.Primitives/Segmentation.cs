namespace Winnow.Primitives;

/// <summary>Cuts a video of F frames into runs of frames. A cut at <c>t</c> parts frame <c>t</c> from frame <c>t + 1</c>.</summary>
public static class Segmentation
{
    /// <summary>Cuts where neighbours are less similar than a threshold.</summary>
    /// <param name="similarity"><c>[F - 1]</c>: of frames t and t + 1.</param>
    /// <param name="threshold">A pair below it is cut.</param>
    /// <returns>Rising cuts.</returns>
    public static int[] CutsBelow(ReadOnlySpan<double> similarity, double threshold)
    {
        var cuts = new List<int>();
        for (int t = 0; t < similarity.Length; t++)
            if (similarity[t] < threshold)
                cuts.Add(t);
        return [.. cuts];
    }

    /// <summary>Cuts between the least similar neighbours; equal similarities are cut at the earlier frame first.</summary>
    /// <param name="similarity"><c>[F - 1]</c>: of frames t and t + 1.</param>
    /// <param name="count">Number of cuts, at most F - 1.</param>
    /// <returns>Rising cuts.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer pairs than cuts.</exception>
    public static int[] CutsLowest(ReadOnlySpan<double> similarity, int count) => TopK.Smallest(similarity, count, EmitBy.Place);

    /// <summary>Unites cuts below a threshold with the least similar neighbours.</summary>
    /// <param name="similarity"><c>[F - 1]</c>: of frames t and t + 1.</param>
    /// <param name="threshold">A pair below it is cut.</param>
    /// <param name="lowest">The so many least similar pairs are cut whatever their similarity; at most F - 1.</param>
    /// <returns>Rising cuts.</returns>
    public static int[] CutsBelowOrLowest(ReadOnlySpan<double> similarity, double threshold, int lowest) =>
        [.. CutsBelow(similarity, threshold).Union(CutsLowest(similarity, lowest)).Order()];

    /// <summary>The segments that cuts leave.</summary>
    /// <param name="cuts">Rising, each from 0 to F - 2.</param>
    /// <param name="frames">Number of frames F.</param>
    public static Segment[] FromCuts(ReadOnlySpan<int> cuts, int frames)
    {
        var segments = new Segment[cuts.Length + 1];
        int start = 0;
        for (int i = 0; i < cuts.Length; i++)
        {
            segments[i] = new Segment(start, cuts[i] + 1 - start);
            start = cuts[i] + 1;
        }
        segments[^1] = new Segment(start, frames - start);
        return segments;
    }

    /// <summary>The longest runs of equal labels.</summary>
    /// <param name="labels"><c>[F]</c>, at least one.</param>
    public static Segment[] FromLabels(ReadOnlySpan<int> labels)
    {
        var cuts = new List<int>();
        for (int t = 0; t + 1 < labels.Length; t++)
            if (labels[t] != labels[t + 1])
                cuts.Add(t);
        return FromCuts(cuts.ToArray(), labels.Length);
    }

    /// <summary>First frames of the segments.</summary>
    public static int[] Starts(IEnumerable<Segment> segments) => [.. segments.Select(segment => segment.Start)];
}
