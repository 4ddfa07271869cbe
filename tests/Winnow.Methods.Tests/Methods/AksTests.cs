using Winnow.Methods;

namespace Winnow.Tests.Methods;

public class AksTests
{
    [Fact]
    public void Flat_curve_is_covered_evenly()
    {
        double[] scores = [.. Enumerable.Range(0, 64).Select(i => i % 8 == 3 ? 0.5 : 0.4)];

        Assert.Equal([3, 11, 19, 27, 35, 43, 51, 59], new Aks(new Aks.Options()).Select(scores, 8).Indices);
    }

    [Fact]
    public void Peaks_that_stand_out_take_all_frames()
    {
        double[] scores = [.. Enumerable.Range(0, 400).Select(i => i is >= 100 and < 108 ? 1.0 : 0.0)];

        Assert.Equal(Enumerable.Range(100, 8), new Aks(new Aks.Options()).Select(scores, 8).Indices);
    }

    [Theory]
    [InlineData(24)]
    [InlineData(48)]
    [InlineData(33)]
    public void Any_number_of_frames_is_met_unless_reproducing(int wanted)
    {
        var random = new Random(4);
        double[] scores = [.. Enumerable.Range(0, 300).Select(_ => random.NextDouble())];

        Assert.Equal(wanted, new Aks(new Aks.Options()).Select(scores, wanted).Indices.Count);
        Assert.Equal(wanted / 32 * 32, new Aks(new Aks.Options { Reproduce = true }).Select(scores, wanted).Indices.Count);
    }
}
