using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests.Methods;

public class GtpVitTests
{
    [Fact]
    public void One_patch_of_a_frame_stays_whatever_is_asked()
    {
        EncoderWalk walk = EncoderWalk.Run(new GtpVit(new GtpVit.Options { PerBlock = [9] }), new TokenGrid(2, 2, 2), 3);

        Assert.Equal([1, 1], walk.Lengths);
        Assert.All(walk.States.Values.ToArray(), value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void A_frame_of_one_patch_is_left_alone()
    {
        EncoderWalk walk = EncoderWalk.Run(new GtpVit(new GtpVit.Options { Retention = 0.1 }), new TokenGrid(1, 1, 1), 3);

        Assert.Empty(walk.Steps);
    }

    [Fact]
    public void Retention_holds_for_the_patches_that_a_frame_has()
    {
        // Of the second frame, two of six patches are missing.
        EncoderWalk walk = EncoderWalk.Run(new GtpVit(new GtpVit.Options { Retention = 0.5 }), new TokenGrid(2, 2, 3), 4, 0, 7, 9);

        Assert.Equal([3, 2], walk.Lengths);
    }

    [Fact]
    public void What_leaves_is_given_to_its_neighbours_by_the_weight_of_their_edge()
    {
        // Three patches in a row: the middle one has two neighbours, the others have one.
        var method = new GtpVit(new GtpVit.Options { GraphType = GtpVit.Neighbourhood.Spatial });

        RealMatrix graph = method.Graph(new TokenMatrix(new float[3], 1), [0, 1, 2], 3, classToken: false);

        double edge = 1 / Math.Sqrt(2);
        Assert.Equal([0, edge, 0, edge, 0, edge, 0, edge, 0], graph.Values);
    }

    [Fact]
    public void Mean_of_what_leaves_is_one_token_more()
    {
        var options = new GtpVit.Options { PerBlock = [3], PropagateBy = GtpVit.Propagation.Mean, TokenScale = false };
        EncoderWalk walk = EncoderWalk.Run(new GtpVit(options), new TokenGrid(1, 3, 3), 1);

        Assert.Equal(7, Assert.Single(walk.Lengths));
        Assert.Equal(9, walk.Sizes.Sum());
    }

    [Fact]
    public void Share_of_one_weight_zeroes_all_but_the_largest_of_a_head()
    {
        float[] attention = [0.5f, 0.2f, 0.1f, 0.2f, 0.3f, 0.3f, 0.3f, 0.1f];
        new GtpVit(new GtpVit.Options { Sparsity = 0 }).Sparsify(attention, 2);

        Assert.Equal([0.5f, 0, 0, 0, 0.3f, 0.3f, 0.3f, 0], attention);
    }

    [Theory]
    [InlineData("perBlock", "1,2", "perBlock")]
    [InlineData("propagateBy", "mean", "tokenScale")]
    [InlineData("selectBy", "cls-attn-max", "selectBy")]
    public void Options_that_do_not_fit_the_tower_are_refused_with_a_remedy(string name, string value, string remedy)
    {
        var method = (IEncoderReducer)Catalog.Find("gtp-vit").Create([new(name, value)]);
        var context = new EncoderContext { Layers = 4, Heads = 1, Grid = new TokenGrid(1, 2, 2) };

        Assert.Contains(remedy, Assert.Throws<ArgumentException>(() => method.Begin(context)).Message, StringComparison.Ordinal);
    }
}
