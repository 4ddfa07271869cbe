using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests.Methods;

public class VidTldrTests
{
    private static readonly EncoderPoint First = new(0, EncoderMoment.AfterAttention);

    [Fact]
    public void Background_goes_without_trace()
    {
        // Even places look at everything alike, odd ones at one place: the former are the sources, and background.
        EncoderContext context = EncoderRows.Context(new TokenGrid(1, 2, 4));
        EncoderView view = EncoderRows.View(context, First, row => row % 2 == 0 ? EncoderRows.Even(8) : EncoderRows.OneHot(8, 0));

        EncoderStep step = Begin(context, [4]).Decide(view)!;

        Assert.Equal([1, 3, 5, 7], step.Plan.Places);
        Assert.All(step.Plan.Sizes, size => Assert.Equal(1, size));
        Assert.Equal(view.Hidden.Gather([1, 3, 5, 7]).Values.ToArray(), step.Plan.Apply(view.Hidden));
    }

    [Fact]
    public void Where_all_are_equally_sharp_merging_is_the_plain_mean()
    {
        EncoderContext context = EncoderRows.Context(new TokenGrid(1, 2, 4));
        EncoderView view = EncoderRows.View(context, First, _ => EncoderRows.Even(8));

        EncoderStep step = Begin(context, [3]).Decide(view)!;

        Assert.Equal(8, step.Plan.Sizes.Sum());
        for (int token = 0; token < step.Plan.Count; token++)
            for (int entry = step.Plan.Offsets[token]; entry < step.Plan.Offsets[token + 1]; entry++)
                Assert.Equal(1 / step.Plan.Sizes[token], step.Plan.Weights[entry], 1e-6f);
    }

    [Fact]
    public void Tokens_of_a_clip_may_merge_over_its_frames_and_stay_in_the_sequence_of_their_target()
    {
        EncoderContext context = EncoderRows.Context(new TokenGrid(3, 1, 3));

        EncoderStep step = Begin(context, [4]).Decide(EncoderRows.View(context, First))!;

        Assert.Equal(5, step.Plan.Count);
        Assert.Equal(5, step.SequenceLengths.Sum());
        int start = 0;
        for (int frame = 0; frame < 3; start += step.SequenceLengths[frame++])
            Assert.All(step.Plan.Places.Skip(start).Take(step.SequenceLengths[frame]), place => Assert.Equal(frame, place / 3));
    }

    [Fact]
    public void One_token_stays()
    {
        EncoderContext context = EncoderRows.Context(new TokenGrid(1, 1, 1));

        Assert.Null(Begin(context, [5]).Decide(EncoderRows.View(context, First)));
    }

    [Fact]
    public void Retention_is_reached_where_halves_allow_it()
    {
        EncoderContext context = EncoderRows.Context(new TokenGrid(2, 6, 8));
        IEncoderRun run = new VidTldr(new VidTldr.Options { Retention = 0.55 }).Begin(context);

        EncoderStep step = run.Decide(EncoderRows.View(context, First))!;

        // 44 of 96 are to leave, 6/9 of them here.
        Assert.Equal(96 - 29, step.Plan.Count);
    }

    [Fact]
    public void Counts_shrink_with_a_shorter_clip()
    {
        EncoderContext context = EncoderRows.Context(new TokenGrid(1, 4, 4));
        IEncoderRun run = new VidTldr(new VidTldr.Options { PerLayer = [8], GroupFrames = 4 }).Begin(context);

        Assert.Equal(16 - 2, run.Decide(EncoderRows.View(context, First))!.Plan.Count);
    }

    [Fact]
    public void Nothing_is_asked_for_where_nothing_is_to_leave()
    {
        IEncoderRun run = new VidTldr(new VidTldr.Options { Retention = 1 }).Begin(EncoderRows.Context(new TokenGrid(2, 2, 2)));

        Assert.All(Enumerable.Range(0, 12), layer => Assert.Null(run.NeedsAt(new EncoderPoint(layer, EncoderMoment.AfterAttention))));
    }

    [Fact]
    public void Broken_counts_and_blocks_that_are_not_there_are_refused()
    {
        Assert.Contains("2.5", Assert.Throws<ArgumentException>(() => new VidTldr.Options { PerLayer = [2.5] }.Validate()).Message);
        Assert.Contains("2 numbers", Assert.Throws<ArgumentException>(
            () => Begin(EncoderRows.Context(new TokenGrid(1, 2, 2), layers: 1), [2, 2])).Message);
    }

    private static IEncoderRun Begin(EncoderContext context, double[] perLayer) =>
        new VidTldr(new VidTldr.Options { PerLayer = perLayer, GroupFrames = context.Grid.Frames }).Begin(context);
}
