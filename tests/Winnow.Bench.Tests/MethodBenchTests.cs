using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Bench.Tests;

public sealed class MethodBenchTests
{
    [Fact]
    public void Run_measures_every_method_after_the_encoder()
    {
        var options = new BenchOptions { Configuration = BenchConfiguration.Find("tiny"), Threads = 1 };
        MethodReport report = MethodBench.Run(options, [], null, CancellationToken.None);
        Assert.Equal(32 * 36, report.Tokens);
        Assert.Equal(report.Tokens / 4, report.Methods.Single(row => row.Method == Uniform.Card.Id).Kept);
        Assert.All(report.Methods, row => Assert.True(row.Error is null, $"{row.Method}: {row.Error}"));
        Assert.Equal(
            Catalog.All.Where(entry => entry.Card.Places.HasFlag(MethodPlaces.AfterEncoder)).Select(entry => entry.Card.Id).Order(),
            report.Methods.Select(row => row.Method).Order());
    }

    [Fact]
    public void Run_of_an_unknown_method_lists_the_known_ones()
    {
        var options = new BenchOptions { Configuration = BenchConfiguration.Find("tiny") };
        var error = Assert.Throws<WinnowException>(() => MethodBench.Run(options, ["nothing"], null, CancellationToken.None));
        Assert.Contains("uniform", error.Message);
    }
}
