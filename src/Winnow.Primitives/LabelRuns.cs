namespace Winnow.Primitives;

/// <summary>Cleans up frame labels, so that every label stands in long runs and no frame stands alone.</summary>
public static class LabelRuns
{
    /// <summary>Keeps the longest runs of every label; frames of shorter runs, and of labels that never last two frames, join a
    /// neighbouring run.</summary>
    /// <param name="labels"><c>[F]</c>.</param>
    /// <returns><c>[F]</c>: a run to be resolved takes, from left to right, the label of the longer of its neighbouring runs as they are by
    /// then; the left one on a tie; 0 if there is none.</returns>
    public static int[] Clean(ReadOnlySpan<int> labels)
    {
        const int Open = -1;
        int[] clean = labels.ToArray();
        Segment[] runs = Segmentation.FromLabels(labels);
        var longest = new Dictionary<int, int>();
        foreach (Segment run in runs)
            longest[labels[run.Start]] = Math.Max(run.Length, longest.GetValueOrDefault(labels[run.Start]));
        foreach (Segment run in runs)
            if (longest[labels[run.Start]] == 1 || run.Length < longest[labels[run.Start]])
                clean.AsSpan(run.Start, run.Length).Fill(Open);
        foreach (Segment run in Segmentation.FromLabels(clean))
        {
            if (clean[run.Start] != Open)
                continue;
            int left = RunLength(clean, run.Start - 1, -1), right = RunLength(clean, run.End, 1);
            int label = left == 0 && right == 0 ? 0 : left >= right ? clean[run.Start - 1] : clean[run.End];
            clean.AsSpan(run.Start, run.Length).Fill(label);
        }
        return clean;
    }

    // Length of the run at a frame, in one direction; 0 beyond the ends.
    private static int RunLength(int[] labels, int frame, int step)
    {
        int length = 0;
        for (int t = frame; t >= 0 && t < labels.Length && labels[t] == labels[frame]; t += step)
            length++;
        return length;
    }
}
