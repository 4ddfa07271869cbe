using FsCheck;
using FsCheck.Fluent;
using Winnow.Primitives;

namespace Winnow.Tests.Primitives;

public class BudgetsTests
{
    [Theory]
    [InlineData(12.5, Rounding.HalfEven, 12)]
    [InlineData(13.5, Rounding.HalfEven, 14)]
    [InlineData(1.9999999999999996, Rounding.Floor, 1)]
    [InlineData(1.9999999999999996, Rounding.Truncate, 1)]
    [InlineData(1.0000000000000002, Rounding.Ceiling, 2)]
    public void Round_follows_the_named_rule(double value, Rounding rule, int expected) =>
        Assert.Equal(expected, Budgets.Round(value, rule));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-0.5)]
    [InlineData(1e10)]
    public void Round_refuses_what_is_no_count(double value) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Budgets.Round(value, Rounding.Floor));

    [Fact]
    public void Total_of_nothing_names_the_retention_that_would_do() =>
        Assert.Contains("0.25", Assert.Throws<ArgumentException>(() => Budgets.Total(0.1, 4)).Message, StringComparison.Ordinal);

    [Fact]
    public void Equal_gives_the_remainder_to_the_first_parts() => Assert.Equal([3, 3, 2], Budgets.Equal(8, 3));

    [Fact]
    public void Capped_and_whole_shares_sum_to_the_total_and_stay_below_their_caps() => Prop.ForAll(Arb.From(
        from caps in Gen.Choose(0, 20).NonEmptyListOf()
        from wishes in Gen.Choose(0, 50).ListOf(caps.Count)
        from total in Gen.Choose(0, caps.Sum())
        select (caps: caps.ToArray(), wishes: wishes.Select(wish => wish / 7.0).ToArray(), total)), sample =>
    {
        double[] shares = Budgets.Capped(sample.wishes, sample.caps, sample.total);
        int[] whole = Budgets.LargestRemainder(shares, sample.caps, sample.total);

        Assert.Equal(sample.total, shares.Sum(), 1e-9);
        Assert.Equal(sample.total, whole.Sum());
        for (int i = 0; i < whole.Length; i++)
        {
            Assert.InRange(shares[i], 0, sample.caps[i]);
            Assert.InRange(whole[i], Math.Floor(shares[i]), Math.Min(sample.caps[i], Math.Floor(shares[i] + 1e-9) + 1));
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void InProportion_rounds_to_the_largest_fractions() => Assert.Equal([3, 0, 2, 1], Budgets.InProportion([5, 0, 4, 3], 6));

    [Fact]
    public void Capped_keeps_the_proportions_of_what_is_not_held()
    {
        double[] shares = Budgets.Capped([10, 1, 2], [4, 100, 100], 10);

        Assert.Equal([4.0, 2.0, 4.0], shares);
    }

    [Fact]
    public void LargestRemainder_gives_ties_to_the_earlier() =>
        Assert.Equal([3, 2, 2], Budgets.LargestRemainder([2.5, 2.5, 2], [9, 9, 9], 7));

    [Fact]
    public void Totals_beyond_the_caps_are_refused() => Assert.Throws<ArgumentException>(() => Budgets.Capped([1], [2], 3));
}
