using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Tests.Primitives;
using Winnow.Video;

namespace Winnow.Tests.Methods;

public class StaTests
{
    private static readonly EncoderPoint First = new(0, EncoderMoment.AfterBlock);

    [Fact]
    public void The_most_activated_token_of_a_group_with_a_past_stays()
    {
        TokenMatrix hidden = Samples.Vectors(5, 30, 6), metric = Samples.Vectors(6, 30, 4);
        int[][] groups = [.. Enumerable.Range(0, 30).Chunk(10)];

        Sta.Stage stage = Sta.Accumulate(hidden, metric, groups, [9, 9, 9], lastFirst: false);

        for (int group = 1; group < 3; group++)
            Assert.Equal([groups[group][Array.IndexOf(stage.Importance[group], 1.0)]], stage.Kept[group]);
    }

    [Fact]
    public void Equally_activated_tokens_have_no_importance()
    {
        var same = new TokenMatrix(Enumerable.Repeat(1f, 20).ToArray(), 2);

        Sta.Stage stage = Sta.Accumulate(same, Samples.Vectors(6, 10, 4), [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]], [2, 2], lastFirst: true);

        Assert.All(stage.Importance.SelectMany(group => group), value => Assert.Equal(0, value));
        Assert.All(stage.Scores.SelectMany(scores => scores), score => Assert.True(double.IsFinite(score)));
    }

    [Fact]
    public void A_clip_is_left_with_the_retention_after_all_stages()
    {
        EncoderContext context = EncoderRows.Context(new TokenGrid(8, 7, 8));
        IEncoderRun run = new Sta(new Sta.Options { Retention = 0.5 }).Begin(context);
        EncoderView view = EncoderRows.View(context, First);
        foreach (int layer in new[] { 0, 4, 8 })
        {
            view = view with { Point = new EncoderPoint(layer, EncoderMoment.AfterBlock) };
            Assert.NotNull(run.NeedsAt(view.Point));
            view = After(view, run.Decide(view)!);
        }

        Assert.Equal(8 * 28, view.Count);
        Assert.Equal(view.Count, view.Places.Distinct().Count());
    }

    [Fact]
    public void One_frame_keeps_a_token_at_least()
    {
        EncoderContext context = EncoderRows.Context(new TokenGrid(1, 1, 2));
        IEncoderRun run = new Sta(new Sta.Options { Retention = 0.01 }).Begin(context);

        Assert.Null(run.Decide(EncoderRows.View(context, First)));
        Assert.Single(new Sta(new Sta.Options { PerGroup = 1 }).Begin(context).Decide(EncoderRows.View(context, First))!.Plan.Places);
    }

    [Fact]
    public void One_token_stays()
    {
        EncoderContext context = EncoderRows.Context(new TokenGrid(3, 1, 1));

        Assert.Null(new Sta(new Sta.Options { Retention = 0.1 }).Begin(context).Decide(EncoderRows.View(context, First)));
    }

    [Fact]
    public void Nothing_is_asked_for_where_nothing_is_to_leave()
    {
        EncoderContext context = EncoderRows.Context(new TokenGrid(2, 2, 2));

        Assert.Null(new Sta(new Sta.Options { Retention = 1 }).Begin(context).NeedsAt(First));
        Assert.Null(new Sta(new Sta.Options { PerGroup = 0 }).Begin(context).NeedsAt(First));
    }

    [Fact]
    public void More_than_a_frame_has_is_refused() => Assert.Contains("perGroup is 4", Assert.Throws<ArgumentException>(
        () => new Sta(new Sta.Options { PerGroup = 4 }).Begin(EncoderRows.Context(new TokenGrid(2, 2, 2)))).Message);

    private static EncoderView After(EncoderView view, EncoderStep step) => view with
    {
        Hidden = new TokenMatrix(step.Plan.Apply(view.Hidden), view.Hidden.Dimension),
        Keys = new TokenMatrix(step.Plan.Apply(view.Keys!.Value), view.Keys.Value.Dimension),
        Places = [.. step.Plan.Places.Select(row => view.Places[row])],
        Sizes = step.Plan.Sizes,
        SequenceLengths = step.SequenceLengths,
    };
}
