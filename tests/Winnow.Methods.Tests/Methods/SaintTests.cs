using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Tests.Primitives;
using Winnow.Video;

namespace Winnow.Tests.Methods;

public class SaintTests
{
    private static readonly EncoderPoint Point = new(19, EncoderMoment.AfterAttention);

    [Theory]
    [InlineData(MethodParts.All, 0.25, 16)]
    [InlineData(MethodParts.All, 0.75, 18)]
    [InlineData(MethodParts.BeforeModel, 0.25, 6)]
    public void In_the_encoder_every_frame_is_left_with_its_share(MethodParts parts, double retention, int left)
    {
        EncoderContext context = EncoderRows.Context(new TokenGrid(2, 4, 6), layers: 24);
        IEncoderRun run = new Saint(new Saint.Options { Parts = parts, Retention = retention }).Begin(context);

        EncoderStep step = run.Decide(EncoderRows.View(context, Point))!;

        Assert.NotNull(run.NeedsAt(Point));
        Assert.Equal([left, left], step.SequenceLengths);
        Assert.Equal(step.Plan.Places.Order(), step.Plan.Places);
    }

    [Fact]
    public void Nothing_is_asked_for_where_nothing_is_to_leave() => Assert.Null(
        new Saint(new Saint.Options { Retention = 1 }).Begin(EncoderRows.Context(new TokenGrid(1, 2, 2), layers: 24)).NeedsAt(Point));

    [Fact]
    public void Near_copies_leave_in_every_block_and_never_below_the_retention()
    {
        EncoderContext context = EncoderRows.Context(new TokenGrid(1, 4, 6));
        var point = new EncoderPoint(0, EncoderMoment.AfterAttention);
        EncoderView view = EncoderRows.View(context, point) with { Keys = new TokenMatrix(Enumerable.Repeat(1f, 48).ToArray(), 2) };
        Saint.Options options = new() { Parts = MethodParts.BeforeModel, EncoderRule = Saint.Rule.NearCopies, Retention = 0.75 };

        Assert.Equal(18, new Saint(options).Begin(context).Decide(view)!.Plan.Count);
        Assert.Equal(12, new Saint(options with { Retention = 0.1 }).Begin(context).Decide(view)!.Plan.Count);
    }

    [Fact]
    public void Thinning_agrees_with_a_plain_reading_of_the_page()
    {
        TokenMatrix vectors = Samples.Vectors(9, 60, 5);
        List<int> left = [.. Enumerable.Range(0, 60)];
        for (int removed = 7; left.Count > 13;)
        {
            removed = Math.Min(left.Count - 13, left.Count / removed);
            left = [.. left.OrderBy(i => left.Sum(j => Similarity.Cosine(vectors[i], vectors[j]))).Take(left.Count - removed).Order()];
        }

        Assert.Equal(left, GraphThinning.Keep(vectors, 13, 7));
    }

    [Theory]
    [InlineData(1, 0, 16, 0)]
    [InlineData(3, 1, 16, 1)]
    [InlineData(3, 5, 16, 3)]
    [InlineData(40, 39, 1, 39)]
    public void Thinning_of_fewer_than_its_divisor_ends(int count, int keep, int divisor, int left) =>
        Assert.Equal(left, GraphThinning.Keep(Samples.Vectors(9, count, 5), keep, divisor).Length);
}
