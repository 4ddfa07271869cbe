using Winnow.Methods;
using Winnow.Video;

namespace Winnow.Tests.Methods;

public class TempMeTests
{
    [Fact]
    public void Official_strengths_leave_what_the_official_model_does()
    {
        // ViT-B/32: 49 patches and a class token of each of 12 frames; the counts are those of the official driver.
        var official = new TempMe.Options { PerBlock = 2, JoinShare = 0.3, ClipShare = 0.1 };
        EncoderWalk walk = EncoderWalk.Run(new TempMe(official), new TokenGrid(12, 7, 7), 12, classTokens: 1);

        Assert.Equal([34, 44, 56, 107, 97], walk.LengthsBehind.Skip(7).Select(lengths => lengths[0]));
        Assert.Equal([12, 6, 3, 1, 1], walk.LengthsBehind.Skip(7).Select(lengths => lengths.Length));
        Assert.Equal(Enumerable.Repeat(-1, 12), walk.Places.Take(12));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.25)]
    [InlineData(0.05)]
    public void Strengths_follow_the_retention(double retention)
    {
        EncoderWalk walk = EncoderWalk.Run(new TempMe(new TempMe.Options { Retention = retention }), new TokenGrid(12, 12, 12), 12);

        Assert.InRange(walk.Places.Count, 0.9 * retention * 1728, retention * 1728);
        Assert.Equal(1728, walk.Sizes.Sum(), 1e-2f);
    }

    [Fact]
    public void One_frame_is_merged_by_itself()
    {
        EncoderWalk walk = EncoderWalk.Run(new TempMe(new TempMe.Options { Retention = 0.5 }), new TokenGrid(1, 4, 4), 4);

        Assert.InRange(Assert.Single(walk.Lengths), 1, 8);
    }

    [Fact]
    public void One_patch_stays()
    {
        EncoderWalk walk = EncoderWalk.Run(new TempMe(new TempMe.Options { Retention = 0.1 }), new TokenGrid(1, 1, 1), 4);

        Assert.Equal([1], walk.Lengths);
    }

    [Fact]
    public void Frames_without_patches_join_the_others()
    {
        EncoderWalk walk = EncoderWalk.Run(new TempMe(new TempMe.Options { Retention = 0.5 }), new TokenGrid(3, 2, 2), 4, 0, 4, 5, 6, 7);

        Assert.Single(walk.Lengths);
        Assert.Equal(8, walk.Sizes.Sum(), 1e-3f);
    }

    [Fact]
    public void In_a_shallow_tower_clips_join_at_once()
    {
        EncoderWalk walk = EncoderWalk.Run(new TempMe(new TempMe.Options()), new TokenGrid(12, 2, 2), 2);

        Assert.Equal([12, 1], walk.LengthsBehind.Select(lengths => lengths.Length));
    }
}
