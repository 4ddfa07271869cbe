using Winnow.Tests;
using Winnow.Video;

namespace Winnow.Media.Tests.Decode;

public sealed class VideoReaderTests(ClipFolder clips) : IClassFixture<ClipFolder>
{
    private readonly VideoReader _reader = new(clips.Tools);

    [Theory]
    [InlineData("yuv420p.mp4", "64x48", "-pix_fmt", "yuv420p")]
    [InlineData("odd.mp4", "33x57", "-pix_fmt", "yuv444p")]
    [InlineData("odd420.mkv", "33x57", "-c:v", "ffv1", "-pix_fmt", "yuv420p")]
    [InlineData("ten-bit.mkv", "64x48", "-c:v", "ffv1", "-pix_fmt", "yuv422p10le")]
    [InlineData("grey.mkv", "64x48", "-c:v", "ffv1", "-pix_fmt", "gray")]
    [InlineData("bt709.mp4", "64x48", "-pix_fmt", "yuv420p", "-colorspace", "bt709", "-color_range", "tv")]
    [InlineData("vp9.webm", "64x48", "-c:v", "libvpx-vp9", "-cpu-used", "8")]
    [InlineData("vp8.webm", "64x48", "-c:v", "libvpx", "-auto-alt-ref", "1", "-lag-in-frames", "10")]
    [InlineData("mpeg4.avi", "64x48")]
    [InlineData("motion-jpeg.avi", "50x34", "-c:v", "mjpeg")]
    [InlineData("mpeg2.ts", "64x48", "-r", "25")]
    [InlineData("raw.h264", "64x48", "-c:v", "libx264", "-pix_fmt", "yuv420p")]
    [InlineData("flash.flv", "64x48")]
    [InlineData("animated.gif", "64x48")]
    [InlineData("fragmented.mp4", "64x48", "-movflags", "frag_keyframe+empty_moov", "-g", "4", "-pix_fmt", "yuv420p")]
    public async Task Frames_of_any_format_equal_the_default_conversion_of_ffmpeg(string name, string size, params string[] options)
    {
        string path = clips.Draw(name, size, options: options);

        SampledVideo<Frame> video = await AssertEqualsFfmpeg(path, new UniformSampler(7));

        Assert.Null(video.Damage);
    }

    [Fact]
    public async Task Frames_of_the_sample_clip_equal_the_default_conversion_of_ffmpeg()
    {
        SampledVideo<Frame> video = await AssertEqualsFfmpeg(Repository.Path("samples/shapes.mp4"), new UniformSampler(16));

        Assert.Equal(32, video.Selection.FrameCount);
        Assert.Equal(TimeSpan.FromSeconds(7.75), video.Times[^1]);
    }

    [Theory]
    [InlineData("variable.mp4")]
    [InlineData("variable.mkv")]
    public async Task Variable_frame_rate_gives_each_decoded_frame_once_at_its_time(string name)
    {
        string[] everySeventh = ["-vf", "select='not(mod(n,7))+lt(n,10)'", "-vsync", "vfr", "-pix_fmt", "yuv420p"];
        string path = clips.Draw(name, rate: 25, options: everySeventh);

        SampledVideo<Frame> video = await AssertEqualsFfmpeg(path, new EveryFrame());

        int[] drawn = [.. Enumerable.Range(0, 50).Where(n => n % 7 == 0 || n < 10)];
        Assert.Equal(drawn.Length, video.Selection.FrameCount);
        Assert.Equal(drawn.Select(n => TimeSpan.FromMilliseconds(40 * n)), video.Times);
        Assert.Equal(video.Times, video.Frames.Select(frame => frame.Time));
    }

    [Fact]
    public async Task Edit_list_makes_the_header_wrong_and_the_true_count_is_used()
    {
        string whole = clips.Draw("whole.mp4", rate: 25, seconds: 4, options: ["-g", "25", "-pix_fmt", "yuv420p"]);
        string path = clips.Make("edited.mp4", "-ss", "1.5", "-i", whole, "-c", "copy");

        SampledVideo<Frame> video = await AssertEqualsFfmpeg(path, new UniformSampler(8));

        Assert.NotEqual(video.Info.StatedFrameCount, video.Selection.FrameCount);
        Assert.Equal(new UniformSampler(8).Select(video.Selection.FrameCount, 25).Indices, video.Selection.Indices);
        Assert.Null(video.Damage);
    }

    [Fact]
    public async Task Sampler_that_refuses_the_header_is_asked_again_with_the_true_count()
    {
        string path = clips.Draw("lying.avi");
        byte[] content = File.ReadAllBytes(path);
        // AVI states its frames in the main header (avih, 5th number) and in the stream's (strh, 9th number).
        BitConverter.TryWriteBytes(content.AsSpan(Find(content, "avih") + 8 + 16), 3);
        BitConverter.TryWriteBytes(content.AsSpan(Find(content, "strh") + 8 + 32), 3);

        SampledVideo<Frame> video = await AssertEqualsFfmpeg(clips.Write("lying.avi", content), new ArangeSampler(7));

        Assert.Equal(3, video.Info.StatedFrameCount);
        Assert.Equal(10, video.Selection.FrameCount);
    }

    [Fact]
    public async Task Change_of_size_in_mid_stream_does_not_disturb_the_count()
    {
        byte[] first = File.ReadAllBytes(clips.Draw("large.h264", "128x96", 25, 1, ["-c:v", "libx264", "-pix_fmt", "yuv420p"]));
        byte[] second = File.ReadAllBytes(clips.Draw("small.h264", "64x48", 25, 1, ["-c:v", "libx264", "-pix_fmt", "yuv420p"]));

        SampledVideo<Frame> video = await AssertEqualsFfmpeg(clips.Write("changing.h264", [.. first, .. second]), new UniformSampler(11));

        Assert.Equal(50, video.Selection.FrameCount);
        Assert.All(video.Frames, frame => Assert.Equal((128, 96), (frame.Width, frame.Height)));
    }

    [Theory]
    [InlineData("still.png", "rgb24")]
    [InlineData("still.jpg", "yuvj444p")]
    [InlineData("still.mp4", "yuv444p")]
    public async Task Single_picture_is_repeated_as_one_object(string name, string pixelFormat)
    {
        string path = clips.Draw(name, "33x57", options: ["-frames:v", "1", "-pix_fmt", pixelFormat]);

        SampledVideo<Frame> video = await AssertEqualsFfmpeg(path, new UniformSampler(4));

        Assert.Equal(1, video.Selection.FrameCount);
        Assert.All(video.Frames, frame => Assert.Same(video.Frames[0], frame));
    }

    [Fact]
    public async Task Sound_beside_the_pictures_does_not_matter()
    {
        string pictures = clips.Draw("plain.mp4", options: ["-pix_fmt", "yuv420p"]);
        string path = clips.Make("sound.mkv", "-f", "lavfi", "-i", "sine=duration=6", "-i", pictures, "-c:v", "copy");

        SampledVideo<Frame> video = await AssertEqualsFfmpeg(path, new EveryFrame());

        Assert.Equal(10, video.Selection.FrameCount);
        Assert.Null(video.Damage);
    }

    [Theory]
    [InlineData("it's 100% [odd], \"name\": x.mp4")]
    [InlineData("-i.mp4")]
    [InlineData("héllo ☆.mp4")]
    public async Task Name_with_odd_characters_is_only_a_name(string name)
    {
        File.Copy(clips.Draw("plain.mp4", options: ["-pix_fmt", "yuv420p"]), clips.PathOf(name), overwrite: true);

        Assert.Equal(10, (await _reader.ReadAsync(clips.PathOf(name), new UniformSampler(2))).Selection.FrameCount);
    }

    [Fact]
    public async Task Converter_sees_each_distinct_frame_once_in_order()
    {
        string path = clips.Draw("plain.mp4", options: ["-pix_fmt", "yuv420p"]);
        List<int> seen = [];

        SampledVideo<string> video = await _reader.ReadAsync(path, new UniformSampler(15), (index, width, height, pixels) =>
        {
            seen.Add(index);
            return $"{index}: {width}x{height}, {pixels.Length}";
        });

        Assert.Equal(Enumerable.Range(0, 10), seen);
        Assert.Equal(15, video.Frames.Count);
        Assert.Equal("9: 64x48, 9216", video.Frames[^1]);
    }

    [Fact]
    public async Task Threads_do_not_change_the_pixels()
    {
        string path = clips.Draw("plain.mp4", options: ["-pix_fmt", "yuv420p"]);

        SampledVideo<Frame> one = await new VideoReader(clips.Tools, new VideoReaderOptions { Threads = 1 })
            .ReadAsync(path, new EveryFrame());
        SampledVideo<Frame> many = await new VideoReader(clips.Tools, new VideoReaderOptions { Threads = 8 })
            .ReadAsync(path, new EveryFrame());

        Assert.Equal(one.Frames.Select(frame => frame.Pixels), many.Frames.Select(frame => frame.Pixels));
    }

    [Fact]
    public async Task Size_given_is_the_size_delivered()
    {
        string path = clips.Draw("plain.mp4", options: ["-pix_fmt", "yuv420p"]);

        var reader = new VideoReader(clips.Tools, new VideoReaderOptions { Size = (20, 30) });

        SampledVideo<Frame> video = await reader.ReadAsync(path, new UniformSampler(2));

        Assert.All(video.Frames, frame => Assert.Equal((20, 30), (frame.Width, frame.Height)));
    }

    [Fact]
    public async Task Hundreds_of_scattered_frames_are_taken_in_one_pass()
    {
        string path = clips.Draw("long.mp4", "16x16", 25, 40, ["-c:v", "mpeg4"]);

        SampledVideo<int> video = await _reader.ReadAsync(path, new UniformSampler(450), (index, _, _, _) => index);

        Assert.Equal(1000, video.Selection.FrameCount);
        Assert.Equal(video.Selection.Indices, video.Frames);
    }

    [Fact]
    public async Task Too_many_scattered_frames_are_refused()
    {
        string path = clips.Draw("plain.mp4", options: ["-pix_fmt", "yuv420p"]);
        int[] wanted = [.. Enumerable.Range(0, DecodeCommand.MaximumRuns + 1).Select(i => 1_000_000_000 + (2 * i))];

        // The longest expression stays below 128 KiB even where every number has ten digits.
        Assert.InRange(DecodeCommand.SelectExpression(wanted[1..]).Length, 0, 128 * 1024 - 1);
        Assert.Throws<WinnowException>(() => DecodeCommand.SelectExpression(wanted));
        Assert.Equal(3000, (await _reader.ReadAsync(path, new UniformSampler(3000), (index, _, _, _) => index)).Frames.Count);
    }

    [Fact]
    public void Expression_bisects_over_runs() =>
        Assert.Equal(
            "if(lt(n,7),between(n,2,3),if(lt(n,9),between(n,7,7),between(n,9,11)))", DecodeCommand.SelectExpression([2, 3, 7, 9, 10, 11]));

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new VideoReader(options: new VideoReaderOptions { Threads = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new VideoReader(options: new VideoReaderOptions { Size = (0, 4) }));
    }

    private async Task<SampledVideo<Frame>> AssertEqualsFfmpeg(string path, IFrameSampler sampler)
    {
        SampledVideo<Frame> video = await _reader.ReadAsync(path, sampler);
        byte[] all = ClipFolder.AllFrames(path);
        int length = video.Info.Width * video.Info.Height * 3;

        Assert.Equal(all.Length, video.Selection.FrameCount * length);
        Assert.Equal(video.Selection.Indices, video.Frames.Select(frame => frame.Index));
        foreach (Frame frame in video.Frames.Distinct())
            Assert.True(all.AsSpan(frame.Index * length, length).SequenceEqual(frame.Pixels), $"frame {frame.Index} differs");
        return video;
    }

    private static int Find(byte[] content, string tag) => content.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(tag));
}
