namespace Winnow.Primitives;

/// <summary>The segmentation that lets the most tokens go as unchanged, by dynamic programming over the whole video.</summary>
public static class StaticWindows
{
    /// <summary>Chooses segments whose gains have the largest sum; the gain of frames s..e is <c>(e - s)</c> times the number of places
    /// unchanged throughout.</summary>
    /// <param name="unchanged"><c>[F - 1, N]</c>, row-major: whether a place is alike in frames t and t + 1.</param>
    /// <param name="tokensPerFrame">N.</param>
    /// <param name="frames">F.</param>
    /// <param name="longest">Longest segment in frames, at least 1.</param>
    /// <returns>The segments and the sum of their gains. Of equal sums a frame alone wins, then the shortest window that ends with the last
    /// frame.</returns>
    public static (Segment[] Segments, int Gain) Choose(ReadOnlySpan<bool> unchanged, int tokensPerFrame, int frames, int longest)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(frames);
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, 1);
        if (unchanged.Length != (frames - 1) * tokensPerFrame)
            throw new ArgumentException(
                $"{frames} frames of {tokensPerFrame} have {(frames - 1) * tokensPerFrame} neighbours in time;"
                    + $" {unchanged.Length} were given.",
                nameof(unchanged));
        int[] best = new int[frames + 1];
        int[] start = new int[frames];
        // lasting[n] counts for how many pairs, back from the current frame, place n has not changed.
        int[] lasting = new int[tokensPerFrame];
        int[] placesByLasting = new int[frames + 1];
        for (int end = 0; end < frames; end++)
        {
            if (end > 0)
                Extend(unchanged.Slice((end - 1) * tokensPerFrame, tokensPerFrame), lasting);
            Array.Clear(placesByLasting);
            foreach (int pairs in lasting)
                placesByLasting[pairs]++;
            int places = tokensPerFrame - placesByLasting[0];
            (best[end + 1], start[end]) = (best[end], end);
            for (int window = 2; window <= Math.Min(end + 1, longest) && places > 0; window++)
            {
                int value = best[end + 1 - window] + (window - 1) * places;
                if (value > best[end + 1])
                    (best[end + 1], start[end]) = (value, end + 1 - window);
                places -= placesByLasting[window - 1];
            }
        }
        return (WalkBack(start), best[frames]);
    }

    private static void Extend(ReadOnlySpan<bool> unchanged, int[] lasting)
    {
        for (int n = 0; n < lasting.Length; n++)
            lasting[n] = unchanged[n] ? lasting[n] + 1 : 0;
    }

    private static Segment[] WalkBack(int[] start)
    {
        var segments = new List<Segment>();
        for (int end = start.Length - 1; end >= 0; end = start[end] - 1)
            segments.Add(new Segment(start[end], end - start[end] + 1));
        segments.Reverse();
        return [.. segments];
    }
}
