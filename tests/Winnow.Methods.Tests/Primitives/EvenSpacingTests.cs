using Winnow.Primitives;

namespace Winnow.Tests.Primitives;

public class EvenSpacingTests
{
    [Fact]
    public void Middles_are_the_centres_of_equal_stretches()
    {
        Assert.Equal([1, 4, 7], EvenSpacing.Middles(9, 3));
        Assert.Equal([5], EvenSpacing.Middles(10, 1));
        Assert.Empty(EvenSpacing.Middles(4, 0));
    }

    [Fact]
    public void Ends_are_the_last_places_of_equal_stretches()
    {
        Assert.Equal([2, 5, 8], EvenSpacing.Ends(9, 3));
        Assert.Equal([2, 5, 9], EvenSpacing.Ends(10, 3));
        Assert.Equal([9], EvenSpacing.Ends(10, 1));
        Assert.Empty(EvenSpacing.Ends(4, 0));
    }

    [Fact]
    public void EndToEnd_starts_at_the_first_and_ends_at_the_last_place()
    {
        Assert.Equal([0, 4, 8], EvenSpacing.EndToEnd(9, 3));
        Assert.Equal([0], EvenSpacing.EndToEnd(9, 1));
        // 1 * 5 / 2 = 2.5: halves go to the even place.
        Assert.Equal([0, 2, 5], EvenSpacing.EndToEnd(6, 3));
    }

    [Fact]
    public void Truncated_cuts_steps_off_to_whole_places()
    {
        Assert.Equal([0, 3, 6, 10], EvenSpacing.Truncated(10, 4));
        Assert.Equal([0], EvenSpacing.Truncated(10, 1));
        Assert.Equal(32, EvenSpacing.Truncated(48, 43)[28]);
    }

    [Fact]
    public void BetweenSteps_repeats_a_place_only_where_all_are_wanted()
    {
        Assert.Equal([0, 1, 2, 2], EvenSpacing.BetweenSteps(4, 4));
        for (int places = 2; places <= 40; places++)
            for (int count = 1; count < places; count++)
                Assert.Equal(count, EvenSpacing.BetweenSteps(places, count).Distinct().Count());
    }

    [Fact]
    public void Every_spacing_rises_strictly_within_its_places()
    {
        for (int places = 1; places <= 40; places++)
            for (int count = 1; count <= places; count++)
                foreach (int[] chosen in new[] { EvenSpacing.Middles(places, count), EvenSpacing.EndToEnd(places, count) })
                {
                    Assert.Equal(chosen.Distinct().Order(), chosen);
                    Assert.InRange(chosen[0], 0, chosen[^1]);
                    Assert.InRange(chosen[^1], 0, places - 1);
                }
    }

    [Fact]
    public void More_places_than_there_are_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => EvenSpacing.Middles(3, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => EvenSpacing.EndToEnd(3, 4));
    }
}
