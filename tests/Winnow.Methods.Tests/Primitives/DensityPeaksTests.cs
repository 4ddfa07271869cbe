using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Tests.Primitives;

public class DensityPeaksTests
{
    // Products of float64 numbers against differences of them: a dozen rounding errors of 1e-16, squared root near zero.
    private const double Tolerance = 1e-9;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(20, 4)]
    [InlineData(33, 33)]
    public void Scores_agree_with_the_definition(int count, int neighbours)
    {
        TokenMatrix points = Samples.Vectors(count, count, 6);
        double[,] distances = PlainDistances(points);
        double[] density = [.. Enumerable.Range(0, count)
            .Select(i => Math.Exp(-Enumerable.Range(0, count).Select(j => distances[i, j]).Order().Take(neighbours).Average(d => d * d)))];

        DensityPeaks peaks = DensityPeaks.Of(Similarity.ScaledDistances(points), neighbours);

        double largest = distances.Cast<double>().Max();
        for (int i = 0; i < count; i++)
        {
            double separation = Enumerable.Range(0, count).Where(j => density[j] > density[i]).Select(j => distances[i, j])
                .DefaultIfEmpty(largest).Min();
            Assert.Equal(density[i], peaks.Density[i], Tolerance);
            Assert.Equal(separation, peaks.Separation[i], Tolerance);
            Assert.Equal(density[i] * separation, peaks.Score[i], Tolerance);
        }
    }

    [Fact]
    public void Of_others_a_point_is_no_neighbour_of_itself_and_the_earlier_of_equals_is_denser()
    {
        // On a line: 0, 0, 3, 7. Distances are divided by the root of the width, 1.
        RealMatrix distances = Similarity.ScaledDistances(new TokenMatrix(new float[] { 0, 0, 3, 7 }, 1));

        DensityPeaks peaks = DensityPeaks.OfOthers(distances, 1);

        double[] expected = [1, 1, Math.Exp(-9), Math.Exp(-16)];
        for (int i = 0; i < 4; i++)
            Assert.Equal(expected[i], peaks.Density[i], Tolerance);
        Assert.Equal([7, 0, 3, 4], peaks.Separation);
        Assert.Equal([1], DensityPeaks.OfOthers(Similarity.ScaledDistances(new TokenMatrix(new float[] { 5 }, 1)), 5).Density);
    }

    [Fact]
    public void Equal_points_tie_and_the_first_are_centres()
    {
        var points = new TokenMatrix(Enumerable.Repeat(new[] { 0.3f, 0.7f, 0.11f }, 9).SelectMany(row => row).ToArray(), 3);

        DensityPeaks peaks = DensityPeaks.Of(Similarity.ScaledDistances(points), 3);

        Assert.Equal([0, 1], peaks.Centres(2, EmitBy.Score));
        Assert.All(peaks.Score, score => Assert.Equal(0, score));
    }

    [Fact]
    public void Points_join_the_nearest_centre_and_centres_themselves()
    {
        RealMatrix distances = Similarity.ScaledDistances(new TokenMatrix(new float[] { 0, 1, 9, 10, 10 }, 1));

        // The points 3 and 4 are equal: as a centre, 4 keeps its own cluster although 3 is as near.
        Assert.Equal([1, 1, 0, 0, 2], DensityPeaks.Assign(distances, [3, 0, 4]));
    }

    private static double[,] PlainDistances(TokenMatrix points)
    {
        double[,] distances = new double[points.Count, points.Count];
        for (int i = 0; i < points.Count; i++)
            for (int j = 0; j < points.Count; j++)
            {
                double sum = 0;
                for (int k = 0; k < points.Dimension; k++)
                    sum += Math.Pow((double)points[i][k] - points[j][k], 2);
                distances[i, j] = Math.Sqrt(sum / points.Dimension);
            }
        return distances;
    }
}
