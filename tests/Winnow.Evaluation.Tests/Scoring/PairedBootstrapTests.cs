namespace Winnow.Evaluation.Tests.Scoring;

public sealed class PairedBootstrapTests
{
    private static bool[] Outcomes(int count, double share, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() < share)];
    }

    [Fact]
    public void Equal_outcomes_give_a_point()
    {
        bool[] same = Outcomes(50, 0.5, 1);

        Assert.Equal((1.0, 1.0), new PairedBootstrap(50).KeptInterval(same, same));
    }

    [Fact]
    public void Interval_holds_the_true_share_about_as_often_as_it_says()
    {
        // Independent halves of accuracy 0.6 and 0.8: the true share is 0.75. 95% of 200 repetitions are 190;
        // 180 leaves three standard deviations.
        int hits = 0;
        var bootstrap = new PairedBootstrap(300);
        for (int repetition = 0; repetition < 200; repetition++)
        {
            (double low, double high) = bootstrap.KeptInterval(Outcomes(300, 0.6, 2 * repetition), Outcomes(300, 0.8, 2 * repetition + 1));
            hits += low <= 0.75 && 0.75 <= high ? 1 : 0;
        }

        Assert.InRange(hits, 180, 200);
    }

    [Fact]
    public void Pairing_narrows_the_interval()
    {
        bool[] whole = Outcomes(400, 0.7, 3);
        bool[] nearly = [.. whole.Select((right, i) => i % 40 == 0 ? !right : right)];
        bool[] shuffled = [.. nearly.Reverse()];
        var bootstrap = new PairedBootstrap(400);

        (double low, double high) = bootstrap.KeptInterval(nearly, whole);
        (double lowUnpaired, double highUnpaired) = bootstrap.KeptInterval(shuffled, whole);

        Assert.True(high - low < 0.6 * (highUnpaired - lowUnpaired));
    }

    [Fact]
    public void Groups_are_drawn_from_one_by_one()
    {
        // Each group holds one question, so that every draw is the data themselves.
        (double low, double high) = new PairedBootstrap(2, [0, 1]).KeptInterval([true, false], [true, true]);

        Assert.Equal((0.5, 0.5), (low, high));
    }

    [Fact]
    public void Baseline_without_a_right_answer_gives_no_number()
    {
        (double low, double high) = new PairedBootstrap(2).KeptInterval([true, false], [false, false]);

        Assert.True(double.IsNaN(low) && double.IsNaN(high));
    }

    [Fact]
    public void Unlike_lengths_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new PairedBootstrap(2).KeptInterval([true], [true, false]));
        Assert.Throws<ArgumentException>(() => new PairedBootstrap(2, [0]));
    }
}
