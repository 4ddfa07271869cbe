using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Tests.Primitives;

public class SimilarityTests
{
    // Sums of a few dozen float64 terms of size one in another order.
    private const double Tolerance = 1e-12;

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(5, 3, 19)]
    public void Cosines_agree_with_the_definition(int left, int right, int dimension)
    {
        TokenMatrix a = Samples.Vectors(1, left, dimension), b = Samples.Vectors(2, right, dimension);

        RealMatrix between = Similarity.Cosines(a, b), among = Similarity.Cosines(a);

        for (int i = 0; i < left; i++)
        {
            for (int j = 0; j < right; j++)
            {
                Assert.Equal(Plain(a[i], b[j]), between[i, j], Tolerance);
                Assert.Equal(Plain(a[i], b[j]), Similarity.Cosine(a[i], b[j]), Tolerance);
            }
            for (int j = 0; j < left; j++)
                Assert.Equal(Plain(a[i], a[j]), among[i, j], Tolerance);
        }
    }

    [Fact]
    public void Zeros_have_cosine_zero_with_everything()
    {
        var vectors = new TokenMatrix(new float[] { 0, 0, 3, 4 }, 2);

        Assert.Equal([0, 0, 0, 1], Similarity.Cosines(vectors).Values);
        Assert.Equal(0, Similarity.Cosine(vectors[0], vectors[1]));
    }

    [Fact]
    public void Distances_are_euclidean_over_the_root_of_the_length() =>
        Assert.Equal([0, 5, 5, 0], Similarity.ScaledDistances(new TokenMatrix(new float[] { 1, 1, 1, 1, 7, 1, 9, 1 }, 4)).Values);

    [Fact]
    public void Same_place_cosines_agree_with_the_definition()
    {
        const int Frames = 4, Tokens = 3;
        TokenMatrix features = Samples.Vectors(3, Frames * Tokens, 7);

        double[] previous = TemporalSimilarity.WithPreviousFrame(features, Tokens);
        double[] within = TemporalSimilarity.WithinSegment(features, Tokens, new Segment(1, 3));

        for (int n = 0; n < Tokens; n++)
        {
            Assert.Equal(Plain(features[n], features[3 * Tokens + n]), TemporalSimilarity.Between(features, Tokens, 0, 3)[n], Tolerance);
            for (int t = 0; t + 1 < Frames; t++)
                Assert.Equal(Plain(features[t * Tokens + n], features[(t + 1) * Tokens + n]), previous[t * Tokens + n], Tolerance);
            double sum = 0;
            for (int t = 1; t < 4; t++)
                for (int u = 1; u < 4; u++)
                    sum += t == u ? 0 : Plain(features[t * Tokens + n], features[u * Tokens + n]);
            Assert.Equal(sum / 6, within[n], Tolerance);
        }
    }

    private static double Plain(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double dot = 0, first = 0, second = 0;
        for (int i = 0; i < a.Length; i++)
            (dot, first, second) = (dot + (double)a[i] * b[i], first + (double)a[i] * a[i], second + (double)b[i] * b[i]);
        return dot / Math.Sqrt(first * second);
    }
}
