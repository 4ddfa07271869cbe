using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Tests.Primitives;

public class MergingTests
{
    // Weights are float32: seven digits.
    private const float Tolerance = 1e-5f;

    private static readonly TokenMatrix Source = new(new float[] { 1, 10, 100, 1000, 10000, 100000 }, 1);

    [Fact]
    public void Members_are_listed_by_cluster() => Assert.Equal([[1, 3], [], [0, 2]], Merging.Members([2, 0, 2, 0], 3));

    [Fact]
    public void Around_weighs_the_centre_against_the_mean_of_the_others()
    {
        var plan = new ReductionPlanBuilder(6);

        plan.Around(1, [0, 2], 0.6);
        plan.Around(3, [], 0.6);
        plan.Around(1, [1, 2], 0.25);
        plan.Around(0, [0, 1], [[2, 3], [4]], 0.5);
        plan.Around(5, [4, 5], [], 0.5);

        ReductionPlan built = plan.Build();
        float[] values = new float[5];
        built.Apply(Source, values);
        float[] expected = [6 + 0.4f * 50.5f, 1000, 2.5f + 0.75f * 55, 0.5f * 5.5f + 0.25f * 550 + 0.25f * 10000, 55000];
        Assert.All(expected.Zip(values), pair => Assert.InRange(pair.Second / pair.First, 1 - Tolerance, 1 + Tolerance));
        Assert.Equal([1, 3, 1, 0, 5], built.Places);
        Assert.Equal([3f, 1f, 2f, 5f, 2f], built.Sizes);
    }
}
