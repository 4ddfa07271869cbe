namespace Winnow.Evaluation.Tests.Scoring;

public sealed class ParetoFrontTests
{
    [Fact]
    public void Front_holds_what_no_other_point_beats()
    {
        Assert.Equal([2, 0, 4], ParetoFront.Of([(2, 0.8), (3, 0.7), (1, 0.5), (2, 0.6), (5, 0.9)]));
    }

    [Fact]
    public void Front_agrees_with_the_definition_on_generated_points()
    {
        var random = new Random(5);
        for (int repetition = 0; repetition < 200; repetition++)
        {
            (double Cost, double Accuracy)[] points =
                [.. Enumerable.Range(0, 12).Select(_ => ((double)random.Next(6), (double)random.Next(6)))];

            IEnumerable<(double, double)> front = ParetoFront.Of(points).Select(i => points[i]);

            IEnumerable<(double, double)> expected = points.Distinct()
                .Where(point => !points.Any(other => other != point && other.Cost <= point.Cost && other.Accuracy >= point.Accuracy));
            Assert.Equal(expected.Order(), front.Order());
        }
    }
}
