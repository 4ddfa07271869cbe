using System.Numerics.Tensors;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>How much attention each visual token gets in the vision tower, one number a token.</summary>
public static class AttentionScores
{
    /// <summary>Attention that the class token pays to each place, mean over heads; where the signal is one number a place already, that
    /// number.</summary>
    /// <param name="attention"><c>[F, H, 1 + N]</c> with the class token itself first, or <c>[F, N]</c> (received or pooled
    /// attention).</param>
    /// <param name="places">F * N.</param>
    /// <returns><c>[F * N]</c>, frame-major; the class token's own weight is left out and nothing is normalised anew.</returns>
    /// <exception cref="ArgumentException">The shape is neither of the two, or does not fit the number of places.</exception>
    public static double[] OfPlaces(SignalValue attention, int places) =>
        attention.Shape.Count == 3 ? ClassMean(attention, places) : AsGiven(attention, places);

    /// <summary>Attention of the class token as if there were one head of full width: a softmax over itself and all places of its frame,
    /// its own weight left out.</summary>
    /// <param name="queries"><c>[F, C]</c>: query of the class token, unscaled.</param>
    /// <param name="classKeys"><c>[F, C]</c>: key of the class token.</param>
    /// <param name="keys"><c>[F * N, C]</c>: keys of the places, frame-major.</param>
    /// <returns><c>[F * N]</c>.</returns>
    public static double[] OfClassQuery(TokenMatrix queries, TokenMatrix classKeys, TokenMatrix keys)
    {
        int perFrame = keys.Count / queries.Count;
        double scale = 1 / Math.Sqrt(keys.Dimension);
        double[] attention = new double[keys.Count], row = new double[1 + perFrame];
        for (int t = 0; t < queries.Count; t++)
        {
            row[0] = scale * InnerProducts.Of(queries[t], classKeys[t]);
            for (int j = 0; j < perFrame; j++)
                row[1 + j] = scale * InnerProducts.Of(queries[t], keys[t * perFrame + j]);
            TensorPrimitives.SoftMax<double>(row, row);
            row.AsSpan(1).CopyTo(attention.AsSpan(t * perFrame));
        }
        return attention;
    }

    private static double[] ClassMean(SignalValue attention, int places)
    {
        (int frames, int heads, int perFrame) = (attention.Shape[0], attention.Shape[1], attention.Shape[2] - 1);
        RequirePlaces((long)frames * perFrame, places);
        ReadOnlySpan<float> values = attention.Values.Span;
        double[] scores = new double[places];
        for (int row = 0; row < frames * heads; row++)
        {
            ReadOnlySpan<float> weights = values.Slice(row * (1 + perFrame) + 1, perFrame);
            Span<double> target = scores.AsSpan(row / heads * perFrame, perFrame);
            for (int j = 0; j < perFrame; j++)
                target[j] += weights[j];
        }
        for (int i = 0; i < scores.Length; i++)
            scores[i] /= heads;
        return scores;
    }

    private static double[] AsGiven(SignalValue attention, int places)
    {
        RequirePlaces(attention.Values.Length, places);
        double[] scores = new double[places];
        for (int i = 0; i < places; i++)
            scores[i] = attention.Values.Span[i];
        return scores;
    }

    private static void RequirePlaces(long given, int wanted)
    {
        if (given != wanted)
            throw new ArgumentException($"The attention covers {given} places; the tokens have {wanted}.");
    }
}
