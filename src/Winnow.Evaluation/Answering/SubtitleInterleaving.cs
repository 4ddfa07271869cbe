using System.Text;
using Winnow.Engine;

namespace Winnow.Evaluation.Answering;

/// <summary>Strings frames and subtitles together as lmms-eval does it for LongVideoBench (longvideobench_val_i).</summary>
/// <remarks>
/// Every frame and every subtitle is a line of its own. In front of a subtitle stand all frames up to its middle; a subtitle that no frame
/// lies strictly inside is left out, after its frames have been set.
/// </remarks>
internal static class SubtitleInterleaving
{
    /// <summary>What stands between the frames.</summary>
    /// <param name="subtitles">In the order of the file.</param>
    /// <param name="frameTimes">Seconds at which frames are seen, rising.</param>
    public static IReadOnlyList<FrameText> Of(IReadOnlyList<TimedLine> subtitles, IReadOnlyList<double> frameTimes)
    {
        // What stands in front of each frame, and behind the last.
        StringBuilder[] texts = [.. Enumerable.Range(0, frameTimes.Count + 1).Select(_ => new StringBuilder())];
        int frame = 0;
        foreach (TimedLine subtitle in subtitles)
        {
            while (frame < frameTimes.Count && frameTimes[frame] <= subtitle.Middle)
                frame++;
            if (frameTimes.Any(subtitle.Covers))
                texts[frame].Append(frame == 0 ? "" : "\n").Append(subtitle.Text).Append(frame == 0 ? "\n" : "");
        }
        for (int between = 1; between < frameTimes.Count; between++)
            texts[between].Append('\n');
        return [.. texts.Select((text, place) => new FrameText(place, text.ToString())).Where(item => item.Text.Length > 0)];
    }
}
