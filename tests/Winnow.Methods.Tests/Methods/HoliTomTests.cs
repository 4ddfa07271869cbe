using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Tests.Methods;

public class HoliTomTests
{
    [Fact]
    public void Still_video_meets_the_retention_by_merging_over_time_alone()
    {
        ReductionPlan plan = new HoliTom(new HoliTom.Options { Retention = 0.25 })
            .Reduce(Videos.Still(4, 3, 4, 6, Videos.FallingAttention(Signal.ReceivedAttention, 4, 12)));

        Assert.Equal(Enumerable.Range(0, 12), plan.Places);
        Assert.All(plan.Sizes, size => Assert.Equal(4, size));
    }

    [Fact]
    public void Changing_places_are_kept_by_attention()
    {
        ReductionPlan plan = new HoliTom(new HoliTom.Options { Retention = 0.25, SimilarityThreshold = 1 })
            .Reduce(Videos.Random(2, 3, 4, 6, Videos.FallingAttention(Signal.ReceivedAttention, 2, 12)));

        Assert.Equal([0, 1, 2, 12, 13, 14], plan.Places);
    }

    [Fact]
    public void Least_retention_keeps_one_token_of_everything()
    {
        ReductionPlan plan = new HoliTom(new HoliTom.Options { Retention = 1.0 / 48 })
            .Reduce(Videos.Still(4, 3, 4, 6, Videos.FallingAttention(Signal.ReceivedAttention, 4, 12)));

        Assert.Equal(48, Assert.Single(plan.Sizes));
    }
}
