using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>One vector a frame in the space of the question.</summary>
public static class FrameVectors
{
    /// <summary>The model's embeddings of whole frames where they are as wide as the question's; otherwise the mean of each frame's token embeddings.</summary>
    /// <param name="input">With <see cref="Signal.TextEmbeddings"/>, and <see cref="Signal.FrameEmbeddings"/> or <see cref="Signal.ImageEmbeddings"/>.</param>
    /// <returns><c>[F, P]</c>.</returns>
    /// <exception cref="InvalidOperationException">A signal that is needed was not given.</exception>
    public static TokenMatrix BesideQuestion(ReductionInput input)
    {
        int width = input.Require(Signal.TextEmbeddings).AsMatrix().Dimension;
        if (input.Find(Signal.FrameEmbeddings)?.AsMatrix() is { } embeddings && embeddings.Dimension == width)
            return embeddings;
        TokenMatrix tokens = input.Require(Signal.ImageEmbeddings).AsMatrix();
        RealMatrix means = FrameMeans.Of(tokens, input.Grid.TokensPerFrame);
        return new TokenMatrix(Array.ConvertAll(means.Values, value => (float)value), tokens.Dimension);
    }
}
