using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Tests.Methods;

public class PruneVidTests
{
    [Fact]
    public void Unchanged_places_become_one_token_over_the_scene()
    {
        ReductionPlan plan = new PruneVid(new PruneVid.Options { Retention = 0.5 }).Reduce(Videos.Still(8, 3, 4, 6));

        Assert.Equal(Enumerable.Range(0, 12), plan.Places);
        Assert.All(plan.Sizes, size => Assert.Equal(8, size));
    }

    [Fact]
    public void Budget_is_split_over_frames_of_what_changes()
    {
        ReductionPlan plan = new PruneVid(new PruneVid.Options { Retention = 0.25, SimilarityThreshold = 2 })
            .Reduce(Videos.Random(8, 3, 4, 6));

        Assert.Equal(Enumerable.Repeat(3, 8), plan.Places.GroupBy(place => place / 12).Select(frame => frame.Count()));
    }

    [Fact]
    public void Given_ratio_leaves_small_groups_alone()
    {
        ReductionPlan plan = new PruneVid(new PruneVid.Options { ClusterRatio = 0.5, SimilarityThreshold = 2 })
            .Reduce(Videos.Random(8, 2, 7, 6));

        Assert.Equal(8 * 14, plan.Count);
    }
}
