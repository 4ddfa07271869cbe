using Winnow.Tests;
using Winnow.Video;

namespace Winnow.Media.Tests.Decode;

/// <summary>What users get wrong: each ends in one line that says what to do.</summary>
public sealed class BadInputTests(ClipFolder clips) : IClassFixture<ClipFolder>
{
    [Fact]
    public async Task Missing_file_is_named() => Assert.Contains("There is no file", await Refusal(clips.PathOf("nowhere.mp4")));

    [Fact]
    public async Task Directory_is_refused() => Assert.Contains("is a directory", await Refusal(Path.GetDirectoryName(clips.PathOf("x"))!));

    [Fact]
    public async Task Empty_path_is_refused() => Assert.Contains("path of the video is empty", await Refusal(" "));

    [Fact]
    public async Task Empty_file_is_refused() => Assert.Contains("0 bytes", await Refusal(clips.Write("empty.mp4", [])));

    [Fact]
    public async Task Text_with_the_name_of_a_video_is_refused() =>
        Assert.Contains("cannot be read as a video", await Refusal(clips.Write("text.mp4", "Once upon a time.\n"u8.ToArray())));

    [Fact]
    public async Task Noise_with_the_name_of_a_video_is_refused()
    {
        byte[] noise = new byte[20_000];
        new Random(1).NextBytes(noise);

        await Refusal(clips.Write("noise.mp4", noise));
    }

    [Fact]
    public async Task Subtitles_are_no_video()
    {
        byte[] words = "1\n00:00:00,000 --> 00:00:01,000\nHello\n"u8.ToArray();

        Assert.Contains("no video stream (only subtitle)", await Refusal(clips.Write("words.srt", words)));
    }

    [Fact]
    public async Task Sound_alone_is_no_video() =>
        Assert.Contains("no video stream (only audio)", await Refusal(clips.Make("sound.m4a", "-f", "lavfi", "-i", "sine=duration=1")));

    [Fact]
    public async Task Cover_picture_of_a_song_is_no_video()
    {
        string cover = clips.Draw("cover.png", options: ["-frames:v", "1"]);
        string song = clips.Make(
            "song.mp3", "-f", "lavfi", "-i", "sine=duration=1", "-i", cover, "-map", "0", "-map", "1",
            "-c:v", "copy", "-disposition:v", "attached_pic");

        Assert.Contains("only audio, a cover picture", await Refusal(song));
    }

    [Fact]
    public async Task Half_of_a_file_with_its_index_at_the_end_is_refused() =>
        Assert.Contains("moov atom not found", await Refusal(Half("plain.mp4", "-pix_fmt", "yuv420p")));

    [Theory]
    [InlineData("faststart.mp4", "-pix_fmt", "yuv420p", "-movflags", "+faststart")]
    [InlineData("half.mkv", "-c:v", "mpeg4")]
    [InlineData("half.webm", "-c:v", "libvpx")]
    [InlineData("half.avi", "-c:v", "mpeg4")]
    [InlineData("jpeg.avi", "-c:v", "mjpeg")]
    [InlineData("half.flv")]
    public async Task Half_of_a_file_with_its_index_in_front_is_refused(string name, params string[] options) =>
        Assert.Contains("truncated or corrupt", await Refusal(Half(name, options)));

    [Fact]
    public async Task Half_of_the_sample_clip_is_refused()
    {
        byte[] content = File.ReadAllBytes(Repository.Path("samples/shapes.mp4"));

        await Refusal(clips.Write("half-of-shapes.mp4", content[..(content.Length / 2)]));
    }

    [Fact]
    public async Task File_whose_pictures_are_zeroed_is_refused()
    {
        byte[] content = File.ReadAllBytes(Long("zeroed.mp4"));
        content.AsSpan(200, content.Length / 2).Clear();

        await Refusal(clips.Write("zeroed-data.mp4", content));
    }

    [Fact]
    public async Task Broken_packet_in_the_middle_is_passed_over_and_reported()
    {
        byte[] content = File.ReadAllBytes(Long("hurt.mp4"));
        int data = content.AsSpan().IndexOf("mdat"u8);
        content.AsSpan(data + (content.Length / 4), 60).Fill(0x55);

        SampledVideo<Frame> video = await new VideoReader(clips.Tools)
            .ReadAsync(clips.Write("hurt-data.mp4", content), new UniformSampler(4));

        Assert.NotNull(video.Damage);
        Assert.Contains("error(s), first:", video.Damage);
        Assert.DoesNotContain('\n', video.Damage);
        Assert.InRange(video.Selection.FrameCount, 190, 200);
    }

    private string Long(string name) => clips.Draw(name, rate: 25, seconds: 8, options: ["-c:v", "mpeg4", "-g", "10"]);

    private string Half(string name, params string[] options)
    {
        byte[] content = File.ReadAllBytes(clips.Draw("whole-" + name, "160x120", 25, 4, options));
        return clips.Write(name, content[..(content.Length / 2)]);
    }

    private async Task<string> Refusal(string path)
    {
        WinnowException error = await Assert.ThrowsAsync<WinnowException>(
            () => new VideoReader(clips.Tools).ReadAsync(path, new UniformSampler(4)));
        Assert.DoesNotContain('\n', error.Message);
        Assert.DoesNotContain("0x", error.Message);
        return error.Message;
    }
}
