using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests.Methods;

public class PptTests
{
    private static readonly TokenGrid Grid = new(2, 3, 4);
    private static readonly EncoderPoint Point = new(3, EncoderMoment.AfterAttention);

    [Fact]
    public void Without_a_class_token_the_patches_that_all_look_at_are_significant()
    {
        // Row i looks at row i / 3, so that 0 to 3 are looked at alike and the others not at all.
        EncoderContext context = EncoderRows.Context(Grid);
        EncoderView view = EncoderRows.View(context, Point, row => EncoderRows.OneHot(12, row / 3));

        EncoderStep step = Begin(context, new Ppt.Options { PerBlock = 6, Threshold = 0 }).Decide(view)!;

        Assert.Equal([0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17], step.Plan.Places);
        Assert.Equal([6, 6], step.SequenceLengths);
    }

    [Fact]
    public void Even_significance_is_pooled()
    {
        EncoderContext context = EncoderRows.Context(Grid);
        EncoderView view = EncoderRows.View(context, Point, _ => EncoderRows.Even(12));

        EncoderStep step = Begin(context, new Ppt.Options { PerBlock = 4 }).Decide(view)!;

        Assert.Equal(24, step.Plan.Sizes.Sum());
        Assert.Equal([8, 8], step.SequenceLengths);
    }

    [Fact]
    public void Where_nothing_has_significance_the_frame_is_even()
    {
        EncoderContext context = EncoderRows.Context(Grid);
        EncoderView view = EncoderRows.View(context, Point) with { Values = new TokenMatrix(new float[24], 1) };

        EncoderStep step = Begin(context, new Ppt.Options { PerBlock = 4 }).Decide(view)!;

        Assert.All(step.Plan.Trace.Find<double>("scores")!, score => Assert.Equal(1 / 12.0, score));
        Assert.All(step.Plan.Trace.Find<bool>("pooled")!, Assert.True);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 5)]
    [InlineData(50, 6)]
    public void At_most_half_of_a_frame_leaves(int perBlock, int leaving)
    {
        EncoderContext context = EncoderRows.Context(Grid);
        IEncoderRun run = Begin(context, new Ppt.Options { PerBlock = perBlock, Threshold = 0 });

        Assert.Equal(leaving == 0, run.NeedsAt(Point) is null);
        Assert.Equal(24 - 2 * leaving, run.Decide(EncoderRows.View(context, Point))?.Plan.Count ?? 24);
    }

    [Fact]
    public void Sizes_are_forgotten_where_attention_is_not_proportional()
    {
        EncoderContext context = EncoderRows.Context(Grid);
        EncoderView view = EncoderRows.View(context, Point) with { Sizes = [.. Enumerable.Repeat(5f, 24)] };

        var options = new Ppt.Options { PerBlock = 4, Threshold = 1 };

        Assert.Equal(24, Begin(context, options with { Proportional = false }).Decide(view)!.Plan.Sizes.Sum());
        Assert.Equal(120, Begin(context, options).Decide(view)!.Plan.Sizes.Sum());
    }

    [Fact]
    public void One_token_stays()
    {
        EncoderContext context = EncoderRows.Context(new TokenGrid(1, 1, 1));

        Assert.Null(Begin(context, new Ppt.Options { PerBlock = 5 }).Decide(EncoderRows.View(context, Point)));
    }

    [Fact]
    public void Blocks_that_are_not_there_are_refused() => Assert.Contains("blocks 3, 12", Assert.Throws<ArgumentException>(
        () => Begin(EncoderRows.Context(Grid), new Ppt.Options { Blocks = [3, 12] })).Message);

    private static IEncoderRun Begin(EncoderContext context, Ppt.Options options) => new Ppt(options).Begin(context);
}
