using System.Globalization;
using System.Text.Json;

namespace Winnow.Media;

/// <summary>Reads ffprobe's JSON (<c>-show_streams -show_format</c>).</summary>
internal static class ProbeReport
{
    // Broken headers state absurd lengths; ten years is none.
    private const double LongestSeconds = 3.2e8;

    // A frame of RGB is one array.
    private const int LargestPicture = int.MaxValue / 3;

    /// <summary>The first stream of moving pictures. Cover pictures of sound files are none.</summary>
    /// <exception cref="WinnowException">There is none, or its size is unknown.</exception>
    public static VideoInfo Parse(string path, string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement[] streams = document.RootElement.TryGetProperty("streams", out JsonElement list) ? [.. list.EnumerateArray()] : [];
        JsonElement stream = streams.FirstOrDefault(IsVideo);
        if (stream.ValueKind == JsonValueKind.Undefined)
            throw NoVideo(path, streams);
        int width = Number(stream, "width");
        int height = Number(stream, "height");
        if (width <= 0 || height <= 0)
            throw new WinnowException(
                $"{path}: the size of its pictures cannot be found; it is damaged, or ffmpeg lacks its codec: re-encode it.");
        if ((long)width * height > LargestPicture)
            throw new WinnowException(
                $"{path} has pictures of {width}x{height}; at most {LargestPicture} pixels can be read: scale it down.");
        JsonElement format = document.RootElement.GetProperty("format");
        DisplayOrientation orientation = Orientation(stream);
        return new VideoInfo
        {
            Path = path,
            Width = orientation.SwapsSides ? height : width,
            Height = orientation.SwapsSides ? width : height,
            FramesPerSecond = Rate(stream, "avg_frame_rate") ?? Rate(stream, "r_frame_rate") ?? 0,
            StatedFrameCount = Count(stream, "nb_frames"),
            Duration = Seconds(stream, "duration") ?? TaggedDuration(stream) ?? Seconds(format, "duration"),
            Codec = Text(stream, "codec_name") ?? "unknown",
            Container = Text(format, "format_name") ?? "unknown",
            Orientation = orientation,
        };
    }

    /// <summary>
    /// The number of packets that <c>-count_packets</c> found in the first stream of moving pictures; null if it says none.
    /// </summary>
    public static int? PacketCount(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement stream = document.RootElement.GetProperty("streams").EnumerateArray().FirstOrDefault();
        return stream.ValueKind == JsonValueKind.Object ? Count(stream, "nb_read_packets") : null;
    }

    private static bool IsVideo(JsonElement stream) =>
        Text(stream, "codec_type") == "video"
        && !(stream.TryGetProperty("disposition", out JsonElement disposition)
            && (Number(disposition, "attached_pic") == 1 || Number(disposition, "timed_thumbnails") == 1));

    private static WinnowException NoVideo(string path, JsonElement[] streams)
    {
        IEnumerable<string> kinds = streams.Select(stream => Text(stream, "codec_type") ?? "unknown").Distinct();
        string list = string.Join(", ", kinds.Select(kind => kind == "video" ? "a cover picture" : kind));
        string found = streams.Length == 0 ? "it holds no stream at all" : "only " + list;
        return new WinnowException($"{path} has no video stream ({found}); give a file with moving pictures.");
    }

    private static DisplayOrientation Orientation(JsonElement stream)
    {
        if (stream.TryGetProperty("side_data_list", out JsonElement sideData))
        {
            foreach (JsonElement entry in sideData.EnumerateArray())
            {
                if (Text(entry, "displaymatrix") is { } matrix)
                    return DisplayOrientation.Parse(matrix);
            }
        }
        return DisplayOrientation.Upright;
    }

    private static double? Rate(JsonElement stream, string name)
    {
        string[] parts = (Text(stream, name) ?? "").Split('/');
        return parts.Length == 2
            && double.TryParse(parts[0], CultureInfo.InvariantCulture, out double numerator)
            && double.TryParse(parts[1], CultureInfo.InvariantCulture, out double denominator)
            && numerator > 0 && denominator > 0
            ? numerator / denominator
            : null;
    }

    private static TimeSpan? Seconds(JsonElement element, string name) =>
        double.TryParse(Text(element, name), CultureInfo.InvariantCulture, out double seconds) && seconds is > 0 and < LongestSeconds
            ? TimeSpan.FromSeconds(seconds)
            : null;

    // Matroska states the length of a stream as a tag, "00:00:04.000000000".
    private static TimeSpan? TaggedDuration(JsonElement stream)
    {
        if (!stream.TryGetProperty("tags", out JsonElement tags) || Text(tags, "DURATION") is not { } text)
            return null;
        string[] parts = text.Split(':');
        return parts.Length == 3
            && int.TryParse(parts[0], CultureInfo.InvariantCulture, out int hours)
            && int.TryParse(parts[1], CultureInfo.InvariantCulture, out int minutes)
            && double.TryParse(parts[2], CultureInfo.InvariantCulture, out double seconds)
            ? TimeSpan.FromSeconds((hours * 3600.0) + (minutes * 60.0) + seconds)
            : null;
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // Counts are printed as text.
    private static int? Count(JsonElement element, string name) =>
        int.TryParse(Text(element, name), CultureInfo.InvariantCulture, out int count) && count > 0 ? count : null;

    private static int Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
            ? number
            : 0;
}
