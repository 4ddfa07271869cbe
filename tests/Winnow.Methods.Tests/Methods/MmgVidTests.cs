using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Tests.Methods;

public class MmgVidTests
{
    [Fact]
    public void Later_frames_keep_what_the_guide_lacks_by_the_mean_over_the_whole_guide()
    {
        ReductionInput input = Videos.Random(3, 3, 4, 6);
        ReductionPlan plan = new MmgVid(new MmgVid.Options { Retention = 0.34, SegmentThreshold = -1 }).Reduce(input);

        double[] scores = plan.Trace.Find<double>("scores")!;
        int[] guide = [.. plan.Places.Where(place => place < 24)];
        for (int n = 24; n < 36; n++)
        {
            double uniqueness = 1 - Math.Exp(-guide.Average(other => SquaredDistance(input.Features, n, other)) / 6);
            double separation = Enumerable.Range(24, 12).Where(other => Uniqueness(other) > Uniqueness(n))
                .Select(other => Math.Sqrt(SquaredDistance(input.Features, n, other) / 6))
                .DefaultIfEmpty(Enumerable.Range(24, 12)
                    .Max(a => Enumerable.Range(24, 12).Max(b => Math.Sqrt(SquaredDistance(input.Features, a, b) / 6)))).Min();
            // The closed form rounds a few times in float64.
            Assert.Equal(uniqueness * separation, scores[n], 1e-12);
        }

        double Uniqueness(int token) => 1 - Math.Exp(-guide.Average(other => SquaredDistance(input.Features, token, other)) / 6);
    }

    [Fact]
    public void Identical_tokens_keep_the_lowest_of_every_frame()
    {
        var tokens = new TokenMatrix(Enumerable.Repeat(0.7f, 2 * 9 * 5).ToArray(), 5);

        ReductionPlan plan = new MmgVid(new MmgVid.Options { Retention = 1.0 / 3 })
            .Reduce(new ReductionInput(tokens, new Video.TokenGrid(2, 3, 3)));

        Assert.Equal([0, 1, 2, 9, 10, 11], plan.Places);
    }

    [Fact]
    public void Budget_of_nothing_is_refused_by_the_value()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            new MmgVid(new MmgVid.Options { Retention = 0.01 }).Reduce(Videos.Random(2, 3, 3, 4)));

        Assert.Contains("0.01", error.Message, StringComparison.Ordinal);
    }

    private static double SquaredDistance(TokenMatrix tokens, int a, int b) =>
        tokens[a].ToArray().Zip(tokens[b].ToArray(), (x, y) => ((double)x - y) * ((double)x - y)).Sum();
}
