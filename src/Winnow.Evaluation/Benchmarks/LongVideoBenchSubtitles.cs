using System.Globalization;
using System.Text.Json;

namespace Winnow.Evaluation.Benchmarks;

/// <summary>The subtitles of a LongVideoBench file.</summary>
internal static class LongVideoBenchSubtitles
{
    private const double Shortest = 1;

    /// <summary>Reads them all, in the order of the file; one shorter than a second is widened to one around its middle.</summary>
    /// <param name="file">An array of <c>{start, end, line}</c>, or of <c>{timestamp: [start, end], text}</c>.</param>
    /// <param name="duration">Seconds of the video that belong to the question; the end of a subtitle that states none.</param>
    /// <param name="offset">Seconds of the subtitles' clock at the video's beginning.</param>
    /// <exception cref="WinnowException">The file is no such array.</exception>
    public static IReadOnlyList<TimedLine> Read(string file, double duration, double offset)
    {
        JsonElement root = RowFile.ReadValue(file);
        if (root.ValueKind != JsonValueKind.Array)
            throw new WinnowException($"{file} holds {root.ValueKind}; an array of subtitles is expected.");
        return [.. root.EnumerateArray().Select((item, index) => Read(new Row(item, $"{file}, subtitle {index + 1}"), duration, offset))];
    }

    private static TimedLine Read(Row row, double duration, double offset)
    {
        if (row.Fields.ValueKind != JsonValueKind.Object)
            throw row.Wrong($"{row.Fields.ValueKind} instead of a subtitle with its times.");
        (double start, double end, string text) = row.Has("timestamp")
            ? Stamped(row, duration)
            : (Clock(row, "start"), Clock(row, "end"), row.Text("line"));
        var line = new TimedLine(start - offset, end - offset, text);
        return line.End - line.Start < Shortest
            ? line with { Start = line.Middle - Shortest / 2, End = line.Middle + Shortest / 2 }
            : line;
    }

    private static (double Start, double End, string Text) Stamped(Row row, double duration) => row.Fields.GetProperty("timestamp") switch
    {
        { ValueKind: JsonValueKind.Array } times when times.GetArrayLength() == 2 && times[0].ValueKind == JsonValueKind.Number =>
            (times[0].GetDouble(), times[1].ValueKind == JsonValueKind.Number ? times[1].GetDouble() : duration, row.Text("text")),
        var other => throw row.Wrong($"the timestamp is {other.GetRawText()}; it must be two numbers of seconds."),
    };

    private static double Clock(Row row, string name) =>
        TimeSpan.TryParseExact(row.Text(name), @"h\:mm\:ss\.fff", CultureInfo.InvariantCulture, out TimeSpan time)
            ? time.TotalSeconds
            : throw row.Wrong($"\"{name}\" is {row.Text(name)}; it must be HH:MM:SS.mmm.");
}
