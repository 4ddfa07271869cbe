using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests.Methods;

public class ZeroTPruneTests
{
    private static readonly TokenGrid Grid = new(2, 3, 4);
    private static readonly EncoderPoint Last = new(8, EncoderMoment.AfterBlock);

    [Fact]
    public void Frames_are_left_with_the_retention_in_the_order_of_their_places()
    {
        EncoderContext context = EncoderRows.Context(Grid);

        IEncoderRun run = new ZeroTPrune(new ZeroTPrune.Options { Retention = 0.5 }).Begin(context);
        EncoderStep step = run.Decide(EncoderRows.View(context, Last))!;

        Assert.Equal([6, 6], step.SequenceLengths);
        Assert.Equal(step.Plan.Places.Order(), step.Plan.Places);
    }

    [Fact]
    public void A_copy_of_a_more_important_patch_leaves_before_the_last_vote()
    {
        // Rows look at earlier places more; 9 has the key of 0, and the others are like none.
        EncoderContext context = EncoderRows.Context(new TokenGrid(1, 3, 4));
        float[] falling = [.. Enumerable.Range(0, 12).Select(i => (12 - i) / 78f)];
        float[] keys = [.. Enumerable.Range(0, 12).SelectMany(i => EncoderRows.OneHot(12, i == 9 ? 0 : i))];
        EncoderView view = EncoderRows.View(context, Last, _ => falling) with { Keys = new TokenMatrix(keys, 12) };
        var options = new ZeroTPrune.Options { RetainRates = [1, 1, 1], SimilarPerBlock = 1 };

        EncoderStep step = new ZeroTPrune(options).Begin(context).Decide(view)!;

        Assert.Equal(Enumerable.Range(0, 12).Except([9]), step.Plan.Places);
    }

    [Fact]
    public void Attention_among_some_rows_is_divided_anew()
    {
        AttentionView attention = AttentionView.Of(new[] { 0.5f, 0.25f, 0.25f, 0.2f, 0.4f, 0.4f, 0f, 1f, 0f }, 1, 3);

        // The last row looks at the one that is left out alone.
        float[] among = AttentionTables.Among(attention, [0, 2]).ReadAll();

        Assert.Equal([2 / 3f, 1 / 3f, 0f, 0f], among);
    }

    [Fact]
    public void Votes_of_even_attention_are_worth_the_same_with_any_start_and_damping()
    {
        AttentionView attention = AttentionView.Of(Enumerable.Repeat(0.25f, 32).ToArray(), 2, 4);

        foreach (double[] worth in PageRank.PerHead(attention, 3, 0.15, [0.7, 0.1, 0.1, 0.1]))
            Assert.All(worth, value => Assert.Equal(0.25, value, 1e-9));
    }

    [Fact]
    public void Heads_that_vary_too_little_do_not_count_unless_none_is_left()
    {
        EncoderContext context = EncoderRows.Context(new TokenGrid(1, 3, 4));
        float[] even = EncoderRows.Even(12), falling = [.. Enumerable.Range(0, 12).Select(i => (12 - i) / 78f)];
        float[] both = [.. Enumerable.Repeat(even, 12).SelectMany(row => row), .. Enumerable.Repeat(falling, 12).SelectMany(row => row)];
        EncoderView view = EncoderRows.View(context, Last);
        var options = new ZeroTPrune.Options { RetainRates = [1, 1, 0.5], SimilarPerBlock = 0 };

        double[] filtered = Importance(options, view with { Attention = [AttentionView.Of(both, 2, 12)] });

        Assert.All(filtered.Zip(falling), pair => Assert.Equal(pair.Second, pair.First, 1e-6));
        double[] alone = Importance(options, view with { Attention = [AttentionView.Of(both.AsMemory(0, 144), 1, 12)] });
        Assert.All(alone, value => Assert.Equal(1 / 12.0, value, 1e-6));
    }

    [Fact]
    public void Mean_logits_of_equal_heads_are_those_of_one()
    {
        float[] head = EncoderRows.View(EncoderRows.Context(new TokenGrid(1, 2, 3)), Last).Attention![0].ReadAll();

        float[] joined = AttentionTables.OfMeanLogits(AttentionView.Of((float[])[.. head, .. head], 2, 6)).ReadAll();

        Assert.All(head.Zip(joined), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }

    [Fact]
    public void One_token_stays_and_nothing_is_asked_for_where_nothing_is_to_leave()
    {
        EncoderContext one = EncoderRows.Context(new TokenGrid(1, 1, 1));
        EncoderStep? step = new ZeroTPrune(new ZeroTPrune.Options { Retention = 0.1 }).Begin(one).Decide(EncoderRows.View(one, Last));

        Assert.Equal(1, step?.Plan.Count ?? 1);
        Assert.Null(new ZeroTPrune(new ZeroTPrune.Options { Retention = 1 }).Begin(one).NeedsAt(Last));
    }

    [Fact]
    public void Rates_for_other_blocks_than_there_are_are_refused() => Assert.Contains("2 rates", Assert.Throws<ArgumentException>(
        () => new ZeroTPrune(new ZeroTPrune.Options { RetainRates = [0.5, 0.5] }).Begin(EncoderRows.Context(Grid))).Message);

    private static double[] Importance(ZeroTPrune.Options options, EncoderView view) =>
        new ZeroTPrune(options).Begin(view.Context).Decide(view)!.Plan.Trace.Find<double>("importance")!;
}
