using Winnow.Bench.Methods;
using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Bench.Tests;

public sealed class InsideModelBenchTests
{
    private static readonly BenchOptions Tiny = new() { Configuration = BenchConfiguration.Find("tiny"), Threads = 1 };

    [Fact]
    public void Run_measures_every_method_inside_the_model_and_counts_what_ran()
    {
        InsideModelReport report = InsideModelBench.Run(Tiny, 5, [], null, CancellationToken.None);

        Assert.Equal(
            Catalog.All.Where(entry => (entry.Card.Places & (MethodPlaces.Prefill | MethodPlaces.Cache)) != 0)
                .Select(entry => entry.Card.Id).Order(),
            report.Methods.Select(row => row.Method).Order());
        Assert.All(report.Methods, row => Assert.True(row.Error is null, $"{row.Method}: {row.Error}"));
        // A newline vector, and the text on both sides of the video.
        Assert.Equal(5 * 36 + 1, report.Dense.Entering);
        Assert.Equal(OperationCount.Prefill(Tiny.Configuration.Model.Text, report.Dense.Entering + 34), report.Dense.PrefillOperations);
        Assert.Equal(0, report.Dense.ExtraOperations);
        Assert.All(report.Methods, row => Assert.True(row is { TokensPerSecond: > 0, FirstTokenSeconds: > 0 }, row.Method));
        Assert.All(report.Methods, row => Assert.InRange(row.CacheBytes, 1, report.Dense.CacheBytes));
        Assert.All(report.Methods, row => Assert.InRange(row.Leaving, 0, row.Entering));
    }

    [Fact]
    public void Cut_shows_in_operations_and_cache_and_its_attention_row_in_the_extra_cost()
    {
        InsideModelReport report = InsideModelBench.Run(Tiny, 5, ["fastv", "plphp"], null, CancellationToken.None);

        (int rows, int left) = (report.Dense.Entering + 34, report.Methods[0].Leaving + 34);
        var config = Tiny.Configuration.Model.Text;
        Assert.Equal(90, report.Methods[0].Leaving);
        // One of four layers runs in front of the cut; a row's keys and values take 2 * 4 bytes a channel.
        Assert.Equal((rows + 3 * left) * 8L * config.KeyValueHeads * config.HeadWidth, report.Methods[0].CacheBytes);
        Assert.Equal(2.0 * config.Heads * config.HeadWidth * rows, report.Methods[0].ExtraOperations);
        Assert.InRange(report.Methods[0].PrefillOperations, 0.3 * report.Dense.PrefillOperations, 0.8 * report.Dense.PrefillOperations);
        // On the cache alone: every row passes through every layer.
        Assert.Equal(report.Dense.PrefillOperations, report.Methods[1].PrefillOperations - report.Methods[1].ExtraOperations);
        Assert.True(report.Methods[1].CacheBytes < report.Dense.CacheBytes);
    }

    [Fact]
    public void Method_of_another_place_is_refused_with_the_list()
    {
        var error = Assert.Throws<WinnowException>(() => InsideModelBench.Run(Tiny, 2, ["mmg-vid"], null, CancellationToken.None));
        Assert.Contains("fastv", error.Message);
    }

    [Fact]
    public void Every_setting_is_taken_by_its_method() =>
        Assert.All(PaperSetting.All, setting => Assert.NotNull(Catalog.Find(setting.Method).Create(setting.Pairs)));
}
