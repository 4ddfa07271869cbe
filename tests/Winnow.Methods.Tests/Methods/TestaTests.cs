using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests.Methods;

public class TestaTests
{
    [Fact]
    public void A_block_merges_frames_and_then_patches()
    {
        EncoderWalk walk = EncoderWalk.Run(new Testa(new Testa.Options { PerStep = [1, 2] }), new TokenGrid(6, 3, 3), 2, classTokens: 1);

        Assert.Equal([[8, 8, 8, 8, 8], [6, 6, 6, 6]], walk.LengthsBehind);
        Assert.Equal(6 * 9 + 4, walk.Sizes.Sum(), 1e-3f);
    }

    [Fact]
    public void Two_frames_stay_two_where_patches_are_merged_too()
    {
        EncoderWalk walk = EncoderWalk.Run(new Testa(new Testa.Options { PerStep = [1, 1] }), new TokenGrid(2, 2, 2), 1);

        Assert.Equal([3, 3], walk.Lengths);
    }

    [Fact]
    public void One_frame_and_one_patch_are_left_alone()
    {
        EncoderWalk walk = EncoderWalk.Run(new Testa(new Testa.Options { Retention = 0.1 }), new TokenGrid(1, 1, 1), 4);

        Assert.Equal([1], walk.Lengths);
    }

    [Theory]
    [InlineData(Testa.Aggregation.FramePatch, 5, 4)]
    [InlineData(Testa.Aggregation.PatchFrame, 5, 4)]
    [InlineData(Testa.Aggregation.Frame, 4, 5)]
    public void Blocks_take_turns_as_the_mode_says(Testa.Aggregation mode, int frames, int patches)
    {
        EncoderWalk walk = EncoderWalk.Run(new Testa(new Testa.Options { Mode = mode, PerStep = [1] }), new TokenGrid(6, 1, 5), 2);

        Assert.Equal(Enumerable.Repeat(patches, frames), walk.Lengths);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.166)]
    public void Retention_is_shared_between_frames_and_patches(double retention)
    {
        EncoderWalk walk = EncoderWalk.Run(new Testa(new Testa.Options { Retention = retention }), new TokenGrid(32, 14, 14), 12);

        Assert.InRange(walk.Places.Count, 0.95 * retention * 32 * 196, retention * 32 * 196);
        Assert.InRange(walk.Lengths.Length, 20, 31);
    }

    [Fact]
    public void Frames_that_lack_patches_are_refused_with_a_remedy()
    {
        var refusal = Assert.Throws<WinnowException>(
            () => EncoderWalk.Run(new Testa(new Testa.Options()), new TokenGrid(8, 3, 3), 2, 0, 5));

        Assert.Contains("mode=patch", refusal.Message, StringComparison.Ordinal);
        var patches = new Testa(new Testa.Options { Mode = Testa.Aggregation.Patch, PerStep = [1] });
        Assert.Equal([7, 8], EncoderWalk.Run(patches, new TokenGrid(2, 3, 3), 1, 0, 5).Lengths);
    }

    [Fact]
    public void Numbers_that_do_not_fill_the_steps_are_refused()
    {
        var method = new Testa(new Testa.Options { PerStep = [1, 2, 3] });

        Assert.Throws<ArgumentException>(() => method.Begin(new EncoderContext { Layers = 4, Heads = 1, Grid = new TokenGrid(4, 2, 2) }));
    }

    [Fact]
    public void Confidence_is_the_most_frequent_similarity_and_the_least_where_all_differ()
    {
        // Three places of two frames; cosines 1, 0 and 0 in one case, 1, 0.6 and 0.8 in the other.
        float[] often = [1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1], differing = [1, 0, 1, 0, 1, 0, 1, 0, 3, 4, 4, 3];

        Assert.Equal(0, FrameVote.Of(new TokenMatrix(often, 2), [0, 3], 3).Confidence[0], 1e-7);
        Assert.Equal(0.6, FrameVote.Of(new TokenMatrix(differing, 2), [0, 3], 3).Confidence[0], 1e-6);
    }
}
