using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Tests.Primitives;

public class ScoreTests
{
    [Fact]
    public void Attention_of_the_class_token_is_averaged_over_heads_without_its_own_weight()
    {
        float[] attention = [9, 1, 2, /**/ 9, 3, 6, /**/ 9, 0, 1, /**/ 9, 5, 1];

        Assert.Equal([2, 4, 2.5, 1], AttentionScores.OfPlaces(new SignalValue(attention, 2, 2, 3), 4));
    }

    [Fact]
    public void Patches_of_a_sequence_get_what_its_class_token_pays_or_else_what_all_pay()
    {
        float[] attention = [0.5f, 0.25f, 0.25f, /**/ 0, 1, 0, /**/ 0.25f, 0.25f, 0.5f];
        AttentionView view = AttentionView.Of(attention, 1, 3);

        Assert.Equal([0.25, 0.25], ReceivedAttention.OfPatches(view, 1));
        Assert.Equal([0.25, 0.5, 0.25], ReceivedAttention.OfPatches(view, 0));
        attention[0] = float.NaN;
        Assert.Contains("NaN", Assert.Throws<ArgumentException>(() => ReceivedAttention.OfPatches(view, 0)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Attention_of_one_number_a_place_is_taken_as_it_is()
    {
        Assert.Equal([1, 2, 3, 4], AttentionScores.OfPlaces(new SignalValue(new float[] { 1, 2, 3, 4 }, 2, 2), 4));
        Assert.Throws<ArgumentException>(() => AttentionScores.OfPlaces(new SignalValue(new float[4], 2, 2), 5));
    }

    [Fact]
    public void Similarity_with_the_previous_frame_is_the_cosine_of_the_same_place()
    {
        TokenMatrix features = Samples.Vectors(5, 12, 3);
        float[] values = features.Values.ToArray();
        values.AsSpan(4 * 3, 3).Clear();
        features = new TokenMatrix(values, 3);

        double[] similarity = TemporalSimilarity.WithPreviousFrame(features, 4);

        Assert.Equal(8, similarity.Length);
        for (int i = 0; i < similarity.Length; i++)
        {
            double dot = 0, a = 0, b = 0;
            for (int d = 0; d < 3; d++)
                (dot, a, b) = (dot + (double)features[i][d] * features[i + 4][d], a + (double)features[i][d] * features[i][d],
                    b + (double)features[i + 4][d] * features[i + 4][d]);
            Assert.Equal(a * b == 0 ? 0 : dot / Math.Sqrt(a * b), similarity[i], 1e-12);
        }
        Assert.Empty(TemporalSimilarity.WithPreviousFrame(features.Slice(0, 4), 4));
    }
}
