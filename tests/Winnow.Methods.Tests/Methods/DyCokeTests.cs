using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Tests.Methods;

public class DyCokeTests
{
    [Theory]
    [InlineData(8, 0.5, new[] { 10, 4, 4, 3, 10, 3, 3, 3 })]
    [InlineData(9, 0.5, new[] { 10, 4, 4, 4, 4, 3, 3, 3, 10 })]
    [InlineData(8, 0.25, new[] { 10, 2, 2, 2, 1, 1, 1, 1 })]
    [InlineData(2, 0.25, new[] { 3, 2 })]
    [InlineData(1, 0.3, new[] { 3 })]
    public void Budget_leaves_the_first_of_each_group_whole_while_it_can(int frames, double retention, int[] expected)
    {
        ReductionPlan plan = new DyCoke(new DyCoke.Options { Retention = retention }).Reduce(Videos.Random(frames, 2, 5, 6));

        Assert.Equal(expected, plan.Trace.Find<int>(PlanTrace.FrameBudgets)!);
    }

    [Fact]
    public void Reduced_frames_keep_what_changed()
    {
        float[] features = Videos.Still(2, 1, 4, 3).Features.Values.ToArray();
        features.AsSpan(4 * 3 + 2 * 3, 3).Negate();

        ReductionPlan plan = new DyCoke(new DyCoke.Options { RemovedShare = 0.75 })
            .Reduce(new ReductionInput(new TokenMatrix(features, 3), new Video.TokenGrid(2, 1, 4)));

        Assert.Equal([0, 1, 2, 3, 6], plan.Places);
    }

    [Fact]
    public void Official_quirks_without_the_official_parameter_are_refused() =>
        Assert.Contains("removedShare", Assert.Throws<ArgumentException>(() =>
            Catalog.Find("dycoke").Create([new("reproduce", "true")])).Message, StringComparison.Ordinal);
}

file static class Spans
{
    public static void Negate(this Span<float> values)
    {
        foreach (ref float value in values)
            value = -value;
    }
}
