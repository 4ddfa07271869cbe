using Winnow.Reduction;

namespace Winnow.Tests.Reduction;

public class ReductionPlanTests
{
    private static readonly TokenMatrix Source = new(new float[] { 1, -5, 3, -7, 2, -6 }, 2);

    [Fact]
    public void Maximum_takes_the_largest_value_of_every_channel()
    {
        var builder = new ReductionPlanBuilder(3);
        builder.Keep(0);
        builder.Maximum(1, [0, 1, 2]);
        ReductionPlan plan = builder.Build();

        Assert.Equal([1, -5, 3, -5], plan.Apply(Source));
        Assert.False(plan.IsMaximum(0));
        Assert.True(plan.IsMaximum(1));
    }

    [Fact]
    public void Sum_weighs_its_sources()
    {
        var builder = new ReductionPlanBuilder(3);
        builder.Sum(2, [0, 2], [0.25f, 0.75f], 2);

        Assert.Equal([1.75f, -5.75f], builder.Build().Apply(Source));
    }

    [Fact]
    public void Place_order_moves_tokens_with_all_that_belongs_to_them()
    {
        var builder = new ReductionPlanBuilder(3);
        builder.Maximum(2, [1, 2]);
        builder.Sum(1, [0, 2], [0.25f, 0.75f], 5);
        builder.Keep(1);
        builder.Keep(0);
        ReductionPlan ordered = builder.Build().InPlaceOrder();

        Assert.Equal([0, 1, 1, 2], ordered.Places);
        Assert.Equal([1f, 5, 1, 2], ordered.Sizes);
        Assert.Equal([1, -5, 1.75f, -5.75f, 3, -7, 3, -6], ordered.Apply(Source));
    }
}
