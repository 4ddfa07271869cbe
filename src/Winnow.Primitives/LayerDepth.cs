namespace Winnow.Primitives;

/// <summary>Carries the layer numbers of a paper over to a model of another depth.</summary>
public static class LayerDepth
{
    /// <summary>
    /// A layer as given, or the paper's at the same share of the depth: <c>layer * layers / paperLayers</c>, to the nearest, halves to
    /// even, from 1 to <c>layers - 1</c>.
    /// </summary>
    /// <param name="given">0-based layer of the loaded model; null for the paper's.</param>
    /// <param name="layer">0-based layer of the paper's model.</param>
    /// <param name="paperLayers">Depth of the paper's model.</param>
    /// <param name="layers">Depth of the loaded model, at least 2.</param>
    /// <exception cref="ArgumentException">The given layer, or any, does not lie in the model.</exception>
    public static int Of(int? given, int layer, int paperLayers, int layers) =>
        Of(given is { } exact ? [exact] : null, [layer], paperLayers, layers)[0];

    /// <summary>
    /// Layers as given, or the paper's at the same shares of the depth; where several would fall on one layer, the later ones move up, or
    /// the earlier ones down.
    /// </summary>
    /// <param name="given">0-based layers of the loaded model, rising; null for the paper's.</param>
    /// <param name="paper">0-based layers of the paper's model, rising.</param>
    /// <param name="paperLayers">Depth of the paper's model.</param>
    /// <param name="layers">Depth of the loaded model.</param>
    /// <exception cref="ArgumentException">
    /// The given layers do not rise, or do not lie from 1 to <c>layers - 1</c>, or the model has too few for the paper's.
    /// </exception>
    public static int[] Of(IReadOnlyList<int>? given, ReadOnlySpan<int> paper, int paperLayers, int layers)
    {
        int[] scaled = new int[paper.Length];
        if (given is not null)
            scaled = [.. given];
        else if (paper.Length >= layers)
            throw new ArgumentException(
                $"The method acts before {paper.Length} layers besides the first; the model has {layers} in all. Give the layers.");
        else
            Spread(paper, paperLayers, layers, scaled);
        for (int i = 0; i < scaled.Length; i++)
            if (scaled[i] < 1 || scaled[i] >= layers || (i > 0 && scaled[i] <= scaled[i - 1]))
                throw new ArgumentException(
                    $"The method is to act before layers {string.Join(", ", scaled)}; they must rise and lie from 1 to {layers - 1}.");
        return scaled;
    }

    private static void Spread(ReadOnlySpan<int> paper, int paperLayers, int layers, int[] scaled)
    {
        for (int i = 0; i < scaled.Length; i++)
        {
            int nearest = (int)Math.Round((double)paper[i] * layers / paperLayers, MidpointRounding.ToEven);
            scaled[i] = Math.Max(nearest, i == 0 ? 1 : scaled[i - 1] + 1);
        }
        for (int i = scaled.Length - 1, highest = layers - 1; i >= 0; i--, highest--)
            scaled[i] = Math.Min(scaled[i], highest);
    }
}
