using Winnow.Evaluation.Answering;

namespace Winnow.Evaluation.Tests.Answering;

public sealed class BudgetSearchTests
{
    [Theory]
    [InlineData(0.1)]
    [InlineData(0.25)]
    [InlineData(0.9)]
    public void Retention_is_found_where_the_method_keeps_less_or_more_than_its_share(double start)
    {
        int target = (int)(1000 * start);

        double tooFew = BudgetSearch.Find(share => (int)(800 * share), start, target, 0.01),
            tooMany = BudgetSearch.Find(share => (int)Math.Min(1000, 1500 * share), start, target, 0.01);

        // 800 tokens at most: at 0.9 the 900 are out of reach, and everything is the closest.
        Assert.InRange((int)(800 * tooFew), Math.Min(0.99 * target, 790), 1.01 * target);
        Assert.InRange((int)Math.Min(1000, 1500 * tooMany), 0.99 * target, 1.01 * target);
    }

    [Fact]
    public void Method_that_meets_its_budget_is_left_alone()
    {
        int calls = 0;

        Assert.Equal(0.3, BudgetSearch.Find(share => { calls++; return (int)(100 * share); }, 0.3, 30, 0.01));
        Assert.InRange(calls, 1, 2);
    }

    [Fact]
    public void Method_that_ignores_the_retention_is_left_alone()
    {
        Assert.Equal(0.3, BudgetSearch.Find(_ => 77, 0.3, 30, 0.01));
    }

    [Fact]
    public void Steps_take_the_closest_one()
    {
        // 48, 64, 80, ...: 57 lies between; 64 is 7 away, 48 is 9.
        Assert.Equal(64, Steps(BudgetSearch.Find(Steps, 0.1, 57, 0.01)));

        static int Steps(double share) => 16 * (int)Math.Ceiling(36 * share);
    }
}
