using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests.Methods;

public class CenterClipTests
{
    [Fact]
    public void Frames_left_over_are_a_shorter_segment_with_the_same_share()
    {
        EncoderWalk walk = EncoderWalk.Run(new CenterClip(new CenterClip.Options { Retention = 0.5 }), new TokenGrid(3, 4, 4), 4);

        Assert.Equal([16, 8], walk.Lengths);
        Assert.Equal(48, walk.Sizes.Sum());
    }

    [Fact]
    public void Every_patch_follows_its_centre()
    {
        EncoderWalk walk = EncoderWalk.Run(new CenterClip(new CenterClip.Options { Retention = 0.25 }), new TokenGrid(2, 3, 3), 4);

        ReductionPlan plan = Assert.Single(walk.Steps).Plan;
        Assert.Equal(Enumerable.Range(0, 18), plan.Sources.Order());
        Assert.Equal(plan.Places.Order(), plan.Places);
        Assert.Equal(plan.Count, plan.Weights.Count(weight => weight == 1));
    }

    [Fact]
    public void A_segment_with_fewer_patches_than_clusters_keeps_them_all()
    {
        EncoderWalk walk = EncoderWalk.Run(new CenterClip(new CenterClip.Options { Clusters = [40] }), new TokenGrid(2, 2, 2), 4);

        Assert.Equal([8], walk.Lengths);
        Assert.Equal(Enumerable.Range(0, 8), walk.Places);
    }

    [Fact]
    public void One_patch_is_its_own_centre()
    {
        EncoderWalk walk = EncoderWalk.Run(new CenterClip(new CenterClip.Options { Retention = 0.3 }), new TokenGrid(1, 1, 1), 4);

        Assert.Equal([1], walk.Lengths);
    }

    [Fact]
    public void Clusters_of_several_blocks_fall_to_the_retention()
    {
        var options = new CenterClip.Options { Retention = 0.25, Blocks = [1, 3], SegmentFrames = [2, 2] };
        EncoderWalk walk = EncoderWalk.Run(new CenterClip(options), new TokenGrid(4, 4, 4), 4, classTokens: 1);

        Assert.Equal([[17, 17, 17, 17], [17, 17], [17, 17], [17]], walk.LengthsBehind);
    }

    [Fact]
    public void Means_of_clusters_weigh_their_patches_alike()
    {
        EncoderWalk walk = EncoderWalk.Run(new CenterClip(new CenterClip.Options { Retention = 0.2, Average = true }),
            new TokenGrid(2, 3, 3), 4);

        ReductionPlan plan = walk.Steps[0].Plan;
        for (int row = 0; row < plan.Count; row++)
            Assert.Equal(1f / plan.Sizes[row], plan.Weights[plan.Offsets[row]], 1e-6f);
    }

    [Theory]
    [InlineData(CenterClip.Algorithm.Pooling, 4)]
    [InlineData(CenterClip.Algorithm.Sampling, 2)]
    [InlineData(CenterClip.Algorithm.Spectral, 2)]
    public void Other_forms_leave_what_they_say(CenterClip.Algorithm form, int left)
    {
        EncoderWalk walk = EncoderWalk.Run(new CenterClip(new CenterClip.Options { ClusterBy = form }), new TokenGrid(2, 2, 2), 4);

        Assert.Equal([left], walk.Lengths);
        Assert.Equal(8, walk.Sizes.Sum());
    }

    [Fact]
    public void Lists_of_unequal_lengths_are_refused()
    {
        var method = new CenterClip(new CenterClip.Options { Blocks = [1, 2] });

        Assert.Throws<ArgumentException>(() => method.Begin(new EncoderContext { Layers = 4, Heads = 1, Grid = new TokenGrid(2, 2, 2) }));
    }
}
