using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests.Methods;

public class FlowCutTests
{
    private static readonly GeneratedPrompt Prompt = new(new TokenGrid(4, 4, 4), 5, 7, newline: true, seed: 9);

    [Fact]
    public void Encoder_leaves_twice_what_the_model_does()
    {
        var method = new FlowCut(new FlowCut.Options { Retention = 0.25 });

        Assert.Equal([8, 8], EncoderWalk.Run(method, new TokenGrid(2, 4, 4), 6).Lengths);
        Assert.Equal(16, Prompt.Run(method).VisualCount);
    }

    [Fact]
    public void Encoder_alone_leaves_the_retention()
    {
        var method = new FlowCut(new FlowCut.Options { Retention = 0.25, Parts = MethodParts.BeforeModel });

        Assert.Equal(MethodPlaces.InsideEncoder, method.ActivePlaces);
        Assert.Equal([4, 4], EncoderWalk.Run(method, new TokenGrid(2, 4, 4), 6).Lengths);
    }

    [Fact]
    public void Patches_leave_at_every_second_block_and_the_last_cut_comes_before_the_last_block()
    {
        EncoderWalk walk = EncoderWalk.Run(new FlowCut(new FlowCut.Options { KeptPatches = 3 }), new TokenGrid(1, 5, 5), 7, classTokens: 1);

        // Six blocks until then: the first has five to go, an odd number, the last none.
        Assert.Equal(26, walk.LengthsBehind[0][0]);
        Assert.Equal([4, 4], walk.LengthsBehind.Skip(5).Select(lengths => lengths[0]));
        Assert.Equal(walk.Places.Order(), walk.Places);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_shallow_tower_is_cut_behind_its_first_block(int layers)
    {
        EncoderWalk walk = EncoderWalk.Run(new FlowCut(new FlowCut.Options { KeptPatches = 3 }), new TokenGrid(1, 3, 3), layers);

        Assert.Equal([3], walk.LengthsBehind[0]);
    }

    [Fact]
    public void A_frame_with_no_more_patches_than_the_target_keeps_them()
    {
        EncoderWalk walk = EncoderWalk.Run(new FlowCut(new FlowCut.Options { KeptPatches = 4 }), new TokenGrid(2, 2, 3), 4, 0, 6, 7, 8);

        Assert.Equal([4, 3], walk.Lengths);
    }

    [Fact]
    public void No_attention_at_all_counts_nothing_in_the_entropy()
    {
        var signals = new FlowSignals([0, 0, 1, 0], [0.25, 0.25, 0.25, 0.25], [1, 1, 1, 1]);

        // All attention on one patch: no entropy, and so the whole way to the target in one step.
        Assert.Equal(3, signals.Cut(1, 1), 1e-12);
    }

    [Fact]
    public void More_blocks_than_run_are_refused()
    {
        var method = new FlowCut(new FlowCut.Options { SelectLayer = 9 });

        Assert.Throws<ArgumentException>(() => method.Begin(new EncoderContext { Layers = 4, Heads = 1, Grid = new TokenGrid(1, 2, 2) }));
    }
}
