using System.Buffers.Binary;
using Winnow.Video;

namespace Winnow.Media.Tests.Decode;

/// <summary>Display matrices, written into the track header of an MP4 file by hand, since ffmpeg's writer knows only some.</summary>
public sealed class RotationTests(ClipFolder clips) : IClassFixture<ClipFolder>
{
    [Theory]
    [InlineData(1, 0, 0, 1, 0, 64, 33)]
    [InlineData(0, 1, -1, 0, 90, 33, 64)] // a phone held upright
    [InlineData(-1, 0, 0, -1, 180, 64, 33)]
    [InlineData(0, -1, 1, 0, 270, 33, 64)]
    [InlineData(-1, 0, 0, 1, 180, 64, 33)] // mirrored left to right: half a turn, then top to bottom
    [InlineData(1, 0, 0, -1, 0, 64, 33)]
    [InlineData(0, 1, 1, 0, 90, 33, 64)]
    [InlineData(0, -1, -1, 0, 270, 33, 64)]
    [InlineData(0.8660254, 0.5, -0.5, 0.8660254, 30, 64, 33)]
    [InlineData(0, 2, -2, 0, 90, 33, 64)]
    public async Task Frames_stand_upright_as_ffmpeg_turns_them(double a, double b, double c, double d, int degrees, int width, int height)
    {
        byte[] content = File.ReadAllBytes(clips.Draw("flat.mp4", "64x33", options: ["-c:v", "libx264", "-pix_fmt", "yuv444p"]));
        string path = clips.Write($"turned{a}{b}{c}{d}.mp4", WithMatrix(content, a, b, c, d));

        SampledVideo<Frame> video = await new VideoReader(clips.Tools).ReadAsync(path, new UniformSampler(3));

        byte[] all = ClipFolder.AllFrames(path);
        int length = width * height * 3;
        Assert.Equal(degrees, video.Info.RotationDegrees);
        Assert.Equal((width, height), (video.Info.Width, video.Info.Height));
        Assert.Equal(10 * length, all.Length);
        foreach (Frame frame in video.Frames)
        {
            Assert.Equal((width, height), (frame.Width, frame.Height));
            Assert.True(all.AsSpan(frame.Index * length, length).SequenceEqual(frame.Pixels), $"frame {frame.Index} differs");
        }
    }

    [Fact]
    public void Matrix_that_collapses_the_picture_is_ignored() =>
        Assert.Same(DisplayOrientation.Upright, DisplayOrientation.FromMatrix(0, 1, 0, 1));

    // tkhd, version 0: 36 bytes from the box's type to the matrix; 16.16 numbers a b u c d v x y w, u v w in 2.30.
    private static byte[] WithMatrix(byte[] content, double a, double b, double c, double d)
    {
        int matrix = content.AsSpan().IndexOf("tkhd"u8) + 4 + 40;
        Assert.Equal(0x00010000, BinaryPrimitives.ReadInt32BigEndian(content.AsSpan(matrix)));
        foreach ((int place, double value) in new[] { (0, a), (1, b), (3, c), (4, d) })
            BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(matrix + (4 * place)), (int)Math.Round(value * 65536));
        return content;
    }
}
