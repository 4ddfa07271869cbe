namespace Winnow.Bench.Tests;

public sealed class MeasurementTests
{
    [Fact]
    public void Take_runs_works_in_turn_between_probes_and_keeps_the_best_of_both()
    {
        var order = new List<string>();
        double[] ceilings = [5, 9, 7, 1, 1];
        int probes = 0;
        Measurement[] taken = Measurement.Take(
            _ =>
            {
                order.Add("probe");
                return ceilings[probes++];
            },
            seconds: 0,
            () => order.Add("a"),
            () => order.Add("b"));
        Assert.Equal(["probe", "a", "probe", "b", "probe"], order);
        Assert.All(taken, measurement => Assert.Equal(9, measurement.Ceiling));
    }

    [Fact]
    public void Take_ends_after_two_hundred_rounds_however_much_time_is_left()
    {
        int runs = 0;
        Measurement.Take(_ => 1, seconds: 60, () => runs++);
        Assert.Equal(200, runs);
    }

    [Fact]
    public void Share_is_work_over_time_over_ceiling() => Assert.Equal(0.25, new Measurement(Seconds: 2, Ceiling: 4).Share(2));
}
