using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Tests.Primitives;
using Winnow.Video;

namespace Winnow.Tests.Methods;

public class TimeChatOnlineTests
{
    private static readonly TokenGrid Grid = new(4, 2, 3);

    [Fact]
    public void Still_places_are_dropped_and_changed_ones_kept()
    {
        // Only place 4 changes, from step to step.
        TokenMatrix still = Samples.Vectors(1, 6, 5), changing = Samples.Vectors(2, 4, 5);
        float[] features =
            [.. Enumerable.Range(0, 24).SelectMany(token => (token % 6 == 4 ? changing[token / 6] : still[token % 6]).ToArray())];
        ReductionPlan plan = new TimeChatOnline(new TimeChatOnline.Options { Threshold = 0.99 })
            .Reduce(new ReductionInput(new TokenMatrix(features, 5), Grid));

        Assert.Equal([0, 1, 2, 3, 4, 5, 10, 16, 22], plan.Places);
    }

    [Fact]
    public void Budget_takes_the_first_step_whole_where_it_is_at_most_half_of_it()
    {
        var input = new ReductionInput(Samples.Vectors(3, 24, 5), Grid);

        Assert.Equal(Enumerable.Range(0, 6),
            new TimeChatOnline(new TimeChatOnline.Options { Retention = 0.5 }).Reduce(input).Places.Take(6));
        Assert.Equal([1, 4],
            new TimeChatOnline(new TimeChatOnline.Options { Retention = 4.0 / 24 }).Reduce(input).Places.Where(place => place < 6));
    }

    [Fact]
    public void Share_is_dropped_from_every_step_but_the_first()
    {
        ReductionPlan plan = new TimeChatOnline(new TimeChatOnline.Options { Threshold = 0.5, Relative = true })
            .Reduce(new ReductionInput(Samples.Vectors(3, 24, 5), Grid));

        Assert.Equal([6, 3, 3, 3], Enumerable.Range(0, 4).Select(step => plan.Places.Count(place => place / 6 == step)));
    }

    [Fact]
    public void Pixels_compare_the_earliest_picture_before_with_the_latest_now()
    {
        // Two pictures a step and one value a token: step 0 shows 0 and 1, step 1 shows 1 and 0.
        var grid = new TokenGrid(2, 1, 2);
        float[] pixels = [0, 0, 1, 1, 1, 1, 0, 0.5f];
        var input = new ReductionInput(Samples.Vectors(3, 4, 5), grid,
            new Dictionary<SignalRequest, SignalValue> { [new SignalRequest(Signal.Pixels)] = new(pixels, 2, 2, 2, 1) });
        ReductionPlan plan = new TimeChatOnline(new TimeChatOnline.Options { Level = TimeChatOnline.Comparing.Pixels, Threshold = 0.1 })
            .Reduce(input);

        Assert.Equal([2, 2, 0, 0.5], plan.Trace.Find<double>("scores")!);
        Assert.Equal([0, 1, 3], plan.Places);
    }

    [Fact]
    public void Negative_share_is_refused() =>
        Assert.Contains("threshold", Assert.Throws<ArgumentException>(
            () => new TimeChatOnline.Options { Threshold = -0.2, Relative = true }.Validate()).Message, StringComparison.Ordinal);
}
