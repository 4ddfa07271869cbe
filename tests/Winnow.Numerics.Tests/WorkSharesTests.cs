namespace Winnow.Numerics.Tests;

public class WorkSharesTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 3)]
    [InlineData(28, 2)]
    [InlineData(5000, 4)]
    public void Every_piece_is_taken_once_by_threads_at_once(int pieces, int shares)
    {
        for (int round = 0; round < 50; round++)
        {
            WorkShares work = new(pieces, shares);
            int[] taken = new int[pieces];
            Parallel.For(0, shares, share =>
            {
                while (work.Take(share, 4, 7, out int first, out int end))
                {
                    Assert.InRange(end - first, 1, 7);
                    for (int piece = first; piece < end; piece++)
                    {
                        Interlocked.Increment(ref taken[piece]);
                    }
                }
            });
            Assert.All(taken, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void Share_goes_from_front_to_back_and_then_into_the_richest_other()
    {
        WorkShares work = new(12, 3);
        Assert.Equal([4, 5, 6, 7], TakeOneByOne(work, 1, 4));

        // Shares 0 and 2 have 4 left each: the back half of the first of them is taken over.
        Assert.Equal([2, 3], TakeOneByOne(work, 1, 2));

        // Now the last share has the most: its back half, then what halves are left.
        Assert.Equal([10, 11], TakeOneByOne(work, 1, 2));
        Assert.Equal([0, 1], TakeOneByOne(work, 0, 2));
    }

    private static List<int> TakeOneByOne(WorkShares work, int share, int count)
    {
        List<int> taken = [];
        while (taken.Count < count && work.Take(share, int.MaxValue, 1, out int first, out int end))
        {
            Assert.Equal(first + 1, end);
            taken.Add(first);
        }

        return taken;
    }
}
