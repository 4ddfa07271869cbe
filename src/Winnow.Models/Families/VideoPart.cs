namespace Winnow.Models.Families;

/// <summary>A part of a video in a prompt: where its id stands, and which rows of the whole, unreduced video belong there.</summary>
/// <param name="Start">First id that stands for the part.</param>
/// <param name="End">Behind the last id that stands for it.</param>
/// <param name="First">Its first row, counted in the video.</param>
/// <param name="Length">Its rows, newlines included.</param>
internal readonly record struct VideoPart(int Start, int End, int First, int Length)
{
    /// <summary>Finds the parts of a video.</summary>
    /// <param name="ids">The prompt.</param>
    /// <param name="videoId">Stands for a part; where the video is in one piece, possibly as often in a row as it has rows.</param>
    /// <param name="arrangement">The video's rows.</param>
    /// <param name="cuts">Frames at which a new part begins, rising; empty for a video in one piece.</param>
    /// <returns>One more part than there are cuts.</returns>
    /// <exception cref="WinnowException">The prompt does not hold the id as often as there are parts.</exception>
    public static VideoPart[] Find(ReadOnlySpan<int> ids, int videoId, NewlineArrangement arrangement, IReadOnlyList<int> cuts)
    {
        int start = ids.IndexOf(videoId);
        if (start < 0)
            throw new WinnowException($"The prompt holds no video (id {videoId}); it must hold one.");
        if (cuts.Count == 0)
            return [Single(ids, videoId, start, arrangement.Length)];
        for (int cut = 0; cut < cuts.Count; cut++)
            if (cuts[cut] <= (cut == 0 ? 0 : cuts[cut - 1]) || cuts[cut] >= arrangement.Frames)
                throw new WinnowException(
                    $"The video is cut at frames {string.Join(", ", cuts)}; cuts must rise and leave at least one frame on either side.");
        int[] firsts = [0, .. cuts.Select(arrangement.StartOf), arrangement.Length];
        int[] places = new int[ids.Count(videoId)];
        if (places.Length != cuts.Count + 1)
            throw new WinnowException($"The prompt holds {places.Length} parts of a video that is cut into {cuts.Count + 1}.");
        for (int part = 0, from = 0; part < places.Length; part++)
        {
            places[part] = from + ids[from..].IndexOf(videoId);
            from = places[part] + 1;
        }
        return [.. places.Select((place, part) => new VideoPart(place, place + 1, firsts[part], firsts[part + 1] - firsts[part]))];
    }

    /// <summary>Which of the parts holds a row of the video.</summary>
    public static int Of(VideoPart[] parts, int row)
    {
        (int low, int high) = (0, parts.Length - 1);
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = parts[middle].First <= row ? (middle, high) : (low, middle - 1);
        }
        return low;
    }

    private static VideoPart Single(ReadOnlySpan<int> ids, int videoId, int start, int wholeLength)
    {
        int run = ids[start..].IndexOfAnyExcept(videoId);
        int end = run < 0 ? ids.Length : start + run;
        if (end - start != 1 && end - start != wholeLength)
            throw new WinnowException(
                $"The prompt holds the video's id {end - start} times in a row; it must stand once, or once for each of the video's "
                + $"{wholeLength} rows.");
        if (ids[end..].Contains(videoId))
            throw new WinnowException(
                $"The prompt holds a second video at token {end + ids[end..].IndexOf(videoId)}; it must hold one.");
        return new VideoPart(start, end, 0, wholeLength);
    }
}
