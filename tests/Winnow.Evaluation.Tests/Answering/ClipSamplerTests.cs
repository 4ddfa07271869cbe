using Winnow.Evaluation.Answering;

namespace Winnow.Evaluation.Tests.Answering;

public sealed class ClipSamplerTests
{
    [Fact]
    public void Clip_takes_the_middles_of_equal_pieces()
    {
        // first = round(2 * 10) = 20, last = round(6 * 10) = 60, step = 10: 20 + 5 + {0, 10, 20, 30}.
        var media = new MediaSource("/v.mp4") { Start = TimeSpan.FromSeconds(2), End = TimeSpan.FromSeconds(6) };

        Assert.Equal([25, 35, 45, 55], new ClipSampler(4, media).Select(100, 10).Indices);
    }

    [Fact]
    public void Clip_ends_with_the_video()
    {
        // last = min(80, 49): step = 29 / 2 = 14.5; 20 + 7.25 + round(0, 14.5 -> 14) truncated.
        var media = new MediaSource("/v.mp4") { Start = TimeSpan.FromSeconds(2), End = TimeSpan.FromSeconds(8) };

        Assert.Equal([27, 41], new ClipSampler(2, media).Select(50, 10).Indices);
    }

    [Fact]
    public void Numbered_frames_begin_at_one()
    {
        // Files 00001 to 00030 at 3 a second: first = max(1, 0) = 1, last = min(9, 30) = 9, step = 4:
        // files 3 and 7, which are frames 2 and 6.
        var media = new MediaSource("/frames") { FrameFolderRate = 3, Start = TimeSpan.Zero, End = TimeSpan.FromSeconds(3) };

        Assert.Equal([2, 6], new ClipSampler(2, media).Select(30, 0).Indices);
    }

    [Fact]
    public void Stated_duration_cuts_the_end_off()
    {
        // int(4.25 * 10) = 42 frames: linspace(0, 41, 3) truncated.
        var media = new MediaSource("/v.mp4") { End = TimeSpan.FromSeconds(4.25) };

        Winnow.Media.FrameSelection selection = new ClipSampler(3, media).Select(100, 10);

        Assert.Equal([0, 20, 41], selection.Indices);
        Assert.Equal(100, selection.FrameCount);
    }

    [Fact]
    public void Rate_goes_for_a_stated_duration_and_is_refused_where_the_benchmark_has_a_rule_of_its_own()
    {
        // 42 frames at 10 a second, one of them a second.
        var media = new MediaSource("/v.mp4") { End = TimeSpan.FromSeconds(4.25) };

        Assert.Equal([0, 10, 20, 30, 40], new ClipSampler(16, media, 1).Select(100, 10).Indices);
        foreach (MediaSource ruled in new[] { media with { Start = TimeSpan.FromSeconds(1) }, media with { InEqualSteps = true } })
            Assert.Contains("--fps", Assert.Throws<WinnowException>(() => new ClipSampler(16, ruled, 1)).Message);
    }

    [Theory]
    [InlineData(4, new[] { 0, 10, 20, 30 })]
    [InlineData(3, new[] { 0, 14, 28 })]
    [InlineData(16, new[] { 0, 10, 20, 30 })]
    public void Equal_steps_are_whole_and_at_most_one_a_second(int count, int[] expected)
    {
        // int(4.25 * 10) = 42 frames, at most int(4.25) = 4 of them.
        var media = new MediaSource("/v.mp4") { End = TimeSpan.FromSeconds(4.25), InEqualSteps = true };

        Assert.Equal(expected, new ClipSampler(count, media).Select(100, 10).Indices);
    }

    [Fact]
    public void Indices_stay_inside_every_video()
    {
        var random = new Random(3);
        for (int repetition = 0; repetition < 500; repetition++)
        {
            int frames = random.Next(1, 200);
            double start = random.NextDouble() * (frames - 1) / 10;
            var media = new MediaSource("/v.mp4")
            {
                Start = TimeSpan.FromSeconds(start),
                End = TimeSpan.FromSeconds(start + random.NextDouble() * 10)
            };

            IReadOnlyList<int> indices = new ClipSampler(random.Next(1, 40), media).Select(frames, 10).Indices;

            Assert.All(indices, index => Assert.InRange(index, 0, frames - 1));
            Assert.Equal(indices.Order(), indices);
        }
    }

    [Fact]
    public void Part_beyond_the_end_is_refused()
    {
        var media = new MediaSource("/v.mp4") { Start = TimeSpan.FromSeconds(20), End = TimeSpan.FromSeconds(22) };

        var error = Assert.Throws<WinnowException>(() => new ClipSampler(2, media).Select(50, 10));

        Assert.Contains("beyond its end", error.Message);
    }
}
