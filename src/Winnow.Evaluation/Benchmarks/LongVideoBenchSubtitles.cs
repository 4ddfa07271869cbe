using System.Globalization;
using System.Text.Json;

namespace Winnow.Evaluation.Benchmarks;

/// <summary>
/// Which subtitles of a LongVideoBench file go into the prompt: those that a frame lies strictly inside, in the order of the file.
/// </summary>
internal static class LongVideoBenchSubtitles
{
    private const double Shortest = 1;

    /// <summary>Selects the lines.</summary>
    /// <param name="file">An array of <c>{start, end, line}</c>, or of <c>{timestamp: [start, end], text}</c>.</param>
    /// <param name="frameTimes">Seconds at which frames are seen.</param>
    /// <param name="duration">Seconds of the video that belong to the question; the end of a subtitle that states none.</param>
    /// <param name="offset">Seconds of the subtitles' clock at the video's beginning.</param>
    /// <exception cref="WinnowException">The file is no such array.</exception>
    public static string Select(string file, IReadOnlyList<double> frameTimes, double duration, double offset)
    {
        JsonElement root = RowFile.ReadValue(file);
        if (root.ValueKind != JsonValueKind.Array)
            throw new WinnowException($"{file} holds {root.ValueKind}; an array of subtitles is expected.");
        return string.Join('\n', root.EnumerateArray()
            .Select((item, index) => Read(new Row(item, $"{file}, subtitle {index + 1}"), duration, offset))
            .Where(line => frameTimes.Any(time => time > line.Start && time < line.End))
            .Select(line => line.Text));
    }

    private static (double Start, double End, string Text) Read(Row row, double duration, double offset)
    {
        if (row.Fields.ValueKind != JsonValueKind.Object)
            throw row.Wrong($"{row.Fields.ValueKind} instead of a subtitle with its times.");
        (double start, double end, string text) = row.Has("timestamp")
            ? Stamped(row, duration)
            : (Clock(row, "start"), Clock(row, "end"), row.Text("line"));
        (start, end) = (start - offset, end - offset);
        double middle = (start + end) / 2;
        return end - start < Shortest ? (middle - Shortest / 2, middle + Shortest / 2, text) : (start, end, text);
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
