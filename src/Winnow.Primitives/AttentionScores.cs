using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>How much attention each visual token gets, in float64.</summary>
public static class AttentionScores
{
    /// <summary>Attention of the tower's class token to each place, summed over the heads; its own share is left out and nothing is scaled to one again.</summary>
    /// <param name="attention"><c>[F, H, 1 + N]</c>, the class token itself first.</param>
    /// <returns><c>[F, N]</c>.</returns>
    /// <exception cref="ArgumentException">The signal has another shape.</exception>
    public static RealMatrix OfClassToken(SignalValue attention)
    {
        if (attention.Shape.Count != 3 || attention.Shape[2] < 2)
            throw new ArgumentException($"Class attention has the shape [frames, heads, 1 + places], not [{string.Join(", ", attention.Shape)}].", nameof(attention));
        (int frames, int heads) = (attention.Shape[0], attention.Shape[1]);
        TokenMatrix rows = attention.AsMatrix();
        var scores = new RealMatrix(frames, rows.Dimension - 1);
        for (int row = 0; row < rows.Count; row++)
        {
            ReadOnlySpan<float> weights = rows[row][1..];
            Span<double> target = scores[row / heads];
            for (int n = 0; n < weights.Length; n++)
                target[n] += weights[n];
        }
        return scores;
    }

    /// <summary>A score per place as the encoder gives it (received attention, attention of the pooling probe).</summary>
    /// <param name="attention"><c>[F, N]</c>.</param>
    /// <param name="tokensPerFrame">N.</param>
    /// <exception cref="ArgumentException">The signal has another shape.</exception>
    public static RealMatrix PerPlace(SignalValue attention, int tokensPerFrame)
    {
        if (attention.Shape.Count != 2 || attention.Shape[1] != tokensPerFrame)
            throw new ArgumentException($"Attention per place has the shape [frames, {tokensPerFrame}], not [{string.Join(", ", attention.Shape)}].", nameof(attention));
        var scores = new RealMatrix(attention.Shape[0], tokensPerFrame);
        System.Numerics.Tensors.TensorPrimitives.ConvertTruncating<float, double>(attention.Values.Span, scores.Values);
        return scores;
    }
}
