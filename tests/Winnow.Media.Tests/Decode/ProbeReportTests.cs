namespace Winnow.Media.Tests.Decode;

/// <summary>What ffprobe may state that its own muxers seldom write.</summary>
public sealed class ProbeReportTests
{
    [Theory]
    [InlineData("\"avg_frame_rate\":\"30000/1001\",\"r_frame_rate\":\"60/1\"", 30000 / 1001.0)]
    [InlineData("\"avg_frame_rate\":\"0/0\",\"r_frame_rate\":\"25/1\"", 25)]
    [InlineData("\"avg_frame_rate\":\"0/0\",\"r_frame_rate\":\"0/0\"", 0)]
    [InlineData("\"r_frame_rate\":\"nonsense\"", 0)]
    public void Frame_rate_is_the_average_else_the_stated_else_zero(string fields, double expected) =>
        Assert.Equal(expected, Parse(fields).FramesPerSecond);

    [Theory]
    [InlineData("\"duration\":\"2.5\",\"tags\":{\"DURATION\":\"00:00:04.000000000\"}", 2.5)]
    [InlineData("\"duration\":\"N/A\",\"tags\":{\"DURATION\":\"01:02:03.500000000\"}", 3723.5)]
    [InlineData("\"tags\":{\"DURATION\":\"soon\"}", 9)]
    [InlineData("\"duration\":\"1e300\"", 9)]
    public void Duration_is_the_stream_s_else_its_tag_s_else_the_file_s(string fields, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Parse(fields).Duration);

    [Theory]
    [InlineData("\"nb_frames\":\"132\"", 132)]
    [InlineData("\"nb_frames\":\"0\"", null)]
    [InlineData("\"nb_frames\":\"99999999999\"", null)]
    [InlineData("\"codec_name\":\"h264\"", null)]
    public void Frame_count_is_absent_where_none_can_be_read(string fields, int? expected) =>
        Assert.Equal(expected, Parse(fields).StatedFrameCount);

    [Fact]
    public void Pictures_of_no_size_or_beyond_memory_are_refused()
    {
        Assert.Contains("size of its pictures", Assert.Throws<WinnowException>(() => Parse("\"level\":1", 0, 48)).Message);
        Assert.Contains("65535x65535", Assert.Throws<WinnowException>(() => Parse("\"level\":1", 65535, 65535)).Message);
    }

    [Fact]
    public void File_without_any_stream_is_refused() => Assert.Contains(
        "no stream at all", Assert.Throws<WinnowException>(() => ProbeReport.Parse("x", "{\"streams\":[],\"format\":{}}")).Message);

    private static VideoInfo Parse(string fields, int width = 64, int height = 48) => ProbeReport.Parse(
        "x.mp4",
        "{\"streams\":[{\"codec_type\":\"video\",\"width\":" + width + ",\"height\":" + height + "," + fields
            + "}],\"format\":{\"duration\":\"9.0\"}}");
}
