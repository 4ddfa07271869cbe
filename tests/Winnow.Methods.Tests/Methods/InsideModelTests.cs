using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests.Methods;

/// <summary>
/// What the recordings of methods inside the language model do not reach: schedules from a retention, switched parts, refused settings.
/// </summary>
public class InsideModelTests
{
    private static readonly GeneratedPrompt Prompt = new(new TokenGrid(4, 4, 4), 5, 7, newline: false, seed: 9);

    [Fact]
    public void Pyramid_falls_geometrically_to_the_retention()
    {
        GeneratedPrompt.Outcome outcome = Prompt.Run(new PyramidDrop(new PyramidDrop.Options { Retention = 0.125 }));

        Assert.Equal([32, 16, 8], outcome.Steps.Select(step => step.Plan.Count - 12));
        Assert.Equal(Enumerable.Range(0, 20), outcome.Positions);
    }

    [Fact]
    public void Aim_lets_an_eighth_less_through_from_layer_to_layer_until_none_is_left()
    {
        // Of 8 layers, the fourth is as deep as layer 10.5 of 28, the sixth as 17.5: 1 - 4.5 / 8 of 64 rows.
        GeneratedPrompt.Outcome outcome = Prompt.Run(new Aim(new Aim.Options { Retention = 0.25 }));

        Assert.Equal([56, 28, 0], outcome.Steps.Select(step => step.Plan.Count - 12));
    }

    [Fact]
    public void Aim_keeps_the_rows_of_highest_page_rank()
    {
        double[] rates = [1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5];
        double[]? importance = null;
        GeneratedPrompt.Outcome outcome = Prompt.Run(
            new Observed(new Aim(new Aim.Options { RetainRates = rates }), view => importance = Rank(view.Attention!, 5)));

        int[] best = [.. Enumerable.Range(5, 64).OrderByDescending(row => importance![row]).ThenBy(row => row).Take(32).Order()];
        Assert.Equal(best, outcome.Origins.Where(row => row is >= 5 and < 69));
    }

    [Fact]
    public void Sparse_vlm_meets_its_published_budgets_at_the_published_average()
    {
        var large = new GeneratedPrompt(new TokenGrid(9, 8, 8), 4, 6, newline: false, seed: 3);
        GeneratedPrompt.Outcome outcome = large.Run(
            new SparseVlm(new SparseVlm.Options { Retention = 192.0 / 576, Version = SparseVlm.Variant.Plus }));

        Assert.Equal([300, 200, 118], outcome.Steps.Select(step => step.Plan.Count - 10));
    }

    [Fact]
    public void Flex_select_reads_every_group_and_then_the_best_of_each()
    {
        var method = new FlexSelect(new FlexSelect.Options { Retention = 0.25, GroupFrames = 2 });
        GeneratedPrompt.Outcome outcome = Prompt.Run(method);

        Assert.Equal([32, 32, 16], outcome.Steps.Select(step => step.Plan.Count - 12));
        Assert.Equal([false, true, true], outcome.Steps.Select(step => step.StartsAnew));
        // Frames 0 and 2 are one group, 1 and 3 the other; each gives half.
        Assert.Equal(8, outcome.Origins.Count(row => row is >= 5 and < 69 && (row - 5) / 16 % 2 == 0));
    }

    [Fact]
    public void Parts_switch_places_of_a_method_off()
    {
        Assert.Equal(MethodPlaces.AfterEncoder, new HoliTom(new HoliTom.Options { Parts = MethodParts.BeforeModel }).ActivePlaces);
        Assert.Equal(MethodPlaces.Prefill, new HoliTom(new HoliTom.Options { Parts = MethodParts.InsideModel }).ActivePlaces);
        Assert.Equal(MethodPlaces.AfterEncoder | MethodPlaces.Cache, new DyCoke(new DyCoke.Options()).ActivePlaces);
    }

    [Fact]
    public void Lists_of_layers_and_shares_are_parameters()
    {
        var method = (PyramidDrop)Catalog.Find("pyramiddrop").Create([new("layers", "2,5"), new("ratios", "0.5, 0.25")]);

        Assert.Equal([32, 16], Prompt.Run(method).Steps.Select(step => step.Plan.Count - 12));
        Assert.Contains("ratios", Assert.Throws<ArgumentException>(
            () => Catalog.Find("pyramiddrop").Create([new("ratios", "0.5,1.5")])).Message, StringComparison.Ordinal);
        Assert.Contains("layers=2,x", Assert.Throws<ArgumentException>(
            () => Catalog.Find("pyramiddrop").Create([new("layers", "2,x")])).Message, StringComparison.Ordinal);
    }

    /// <summary>PageRank written out.</summary>
    private static double[] Rank(AttentionView attention, int rounds)
    {
        int count = attention.Keys;
        float[] all = attention.ReadAll();
        double[] importance = new double[count];
        for (int head = 0; head < attention.Heads; head++)
        {
            double[] worth = [.. Enumerable.Repeat(1.0 / count, count)];
            for (int round = 0; round < rounds; round++)
                worth = [.. Enumerable.Range(0, count)
                    .Select(j => Enumerable.Range(0, count).Sum(i => worth[i] * all[(head * count + i) * count + j]))];
            for (int j = 0; j < count; j++)
                importance[j] += worth[j] * worth[j] / attention.Heads;
        }
        return importance;
    }

    private sealed class Observed(IPrefillReducer method, Action<PrefillView> look) : IPrefillReducer
    {
        public IPrefillRun Begin(PrefillContext context) => new Run(method.Begin(context), look);

        private sealed class Run(IPrefillRun inner, Action<PrefillView> look) : IPrefillRun
        {
            public PrefillNeeds? NeedsAt(PrefillPoint point) => inner.NeedsAt(point);

            public PrefillStep? Decide(PrefillView view)
            {
                look(view);
                return inner.Decide(view);
            }
        }
    }
}
