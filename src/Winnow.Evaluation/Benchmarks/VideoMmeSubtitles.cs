using System.Globalization;
using System.Text.RegularExpressions;

namespace Winnow.Evaluation.Benchmarks;

/// <summary>
/// Which subtitles of a Video-MME file go into the prompt: those that one of the uniform frames falls into, in order of time, each once.
/// </summary>
internal static partial class VideoMmeSubtitles
{
    /// <summary>Selects the lines.</summary>
    /// <param name="srt">The whole file.</param>
    /// <param name="frameCount">Frames of the video, at least 1.</param>
    /// <param name="framesPerSecond">Its rate, above 0.</param>
    /// <param name="looks">How many uniform frames are looked at, at least 1.</param>
    public static string Select(string srt, int frameCount, double framesPerSecond, int looks)
    {
        int[] frames = [.. Enumerable.Range(0, looks).Select(i => looks == 1 ? 0 : (int)((double)i * (frameCount - 1) / (looks - 1)))];
        IEnumerable<(double Start, string Line)> chosen = Blocks(srt)
            .Where(block => frames.Any(
                frame => frame >= (int)(block.Start * framesPerSecond) && frame < (int)(block.End * framesPerSecond)))
            .Select(block => (block.Start, block.Line));
        return string.Join('\n', chosen.OrderBy(block => block.Start).Select(block => block.Line));
    }

    private static IEnumerable<(double Start, double End, string Line)> Blocks(string srt)
    {
        foreach (string block in srt.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            string[] lines = block.Trim('\n').Split('\n');
            Match text = Text().Match(block);
            Match times = lines.Length > 1 ? Times().Match(lines[1]) : Match.Empty;
            if (text.Success && times.Success)
                yield return (Seconds(times, "from"), Seconds(times, "to"), text.Groups["line"].Value);
        }
    }

    private static double Seconds(Match times, string end) =>
        TimeSpan.ParseExact(times.Groups[end].Value, @"h\:mm\:ss\,fff", CultureInfo.InvariantCulture).TotalSeconds;

    [GeneratedRegex(@"(?<from>\d{2}:\d{2}:\d{2},\d{3}) --> (?<to>\d{2}:\d{2}:\d{2},\d{3})")]
    private static partial Regex Times();

    [GeneratedRegex(@"<font color=""white"" size="".72c"">(?<line>.*?)</font>", RegexOptions.Singleline)]
    private static partial Regex Text();
}
