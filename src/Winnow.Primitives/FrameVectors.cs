using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>The question, and one vector a frame in its space.</summary>
public static class FrameVectors
{
    /// <summary>The question as one vector: the mean of its vectors.</summary>
    /// <param name="text"><c>[M, P]</c>, at least one vector.</param>
    /// <returns><c>[1, P]</c>.</returns>
    public static TokenMatrix Question(TokenMatrix text) => text.Count == 1 ? text : Narrow(FrameMeans.Of(text, text.Count));

    /// <summary>
    /// The model's embeddings of whole frames where they are as wide as the question's; otherwise the mean of each frame's token
    /// embeddings.
    /// </summary>
    /// <param name="input">With <see cref="Signal.TextEmbeddings"/>, and <see cref="Signal.FrameEmbeddings"/> or
    /// <see cref="Signal.ImageEmbeddings"/>.</param>
    /// <returns><c>[F, P]</c>.</returns>
    /// <exception cref="InvalidOperationException">A signal that is needed was not given.</exception>
    public static TokenMatrix BesideQuestion(ReductionInput input)
    {
        int width = input.Require(Signal.TextEmbeddings).AsMatrix().Dimension;
        if (input.Find(Signal.FrameEmbeddings)?.AsMatrix() is { } embeddings && embeddings.Dimension == width)
            return embeddings;
        TokenMatrix tokens = input.Require(Signal.ImageEmbeddings).AsMatrix();
        return Narrow(FrameMeans.Of(tokens, input.Grid.TokensPerFrame));
    }

    private static TokenMatrix Narrow(RealMatrix means) => new(Array.ConvertAll(means.Values, value => (float)value), means.Columns);
}
