using Winnow.Reduction;
using Winnow.Tests.Primitives;
using Winnow.Video;

namespace Winnow.Tests.Methods;

/// <summary>Rows at a point of an encoder: random states and keys, values of length 1, and attention as given.</summary>
internal static class EncoderRows
{
    private const int Width = 6;

    /// <summary>What a method between blocks may know.</summary>
    public static EncoderContext Context(TokenGrid grid, int layers = 12, int classTokens = 0) =>
        new() { Layers = layers, Heads = 1, Grid = grid, ClassTokens = classTokens };

    /// <summary>Every patch of every frame, a frame a sequence.</summary>
    /// <param name="context">Gives the grid.</param>
    /// <param name="point">Where the encoder stands.</param>
    /// <param name="row">Attention of a row of a frame to all rows of its frame; null for random.</param>
    public static EncoderView View(EncoderContext context, EncoderPoint point, Func<int, float[]>? row = null)
    {
        int length = context.Grid.TokensPerFrame, count = context.Grid.Count;
        var random = new Random(11);
        return new EncoderView
        {
            Context = context,
            Point = point,
            Hidden = Samples.Vectors(3, count, Width),
            Places = [.. Enumerable.Range(0, count)],
            Sizes = [.. Enumerable.Repeat(1f, count)],
            SequenceLengths = [.. Enumerable.Repeat(length, context.Grid.Frames)],
            Keys = Samples.Vectors(4, count, Width),
            Values = new TokenMatrix(Enumerable.Repeat(1f, count).ToArray(), 1),
            Attention = [.. Enumerable.Range(0, context.Grid.Frames).Select(_ => AttentionView.Of(
                Enumerable.Range(0, length).SelectMany(query => row?.Invoke(query) ?? Shares(random, length)).ToArray(), 1, length))],
        };
    }

    /// <summary>All of a row's attention on one row.</summary>
    public static float[] OneHot(int length, int at) => [.. Enumerable.Range(0, length).Select(i => i == at ? 1f : 0f)];

    /// <summary>A row's attention dealt out evenly.</summary>
    public static float[] Even(int length) => [.. Enumerable.Repeat(1f / length, length)];

    private static float[] Shares(Random random, int length)
    {
        double[] numbers = [.. Enumerable.Range(0, length).Select(_ => Math.Exp(3 * random.NextDouble()))];
        return [.. numbers.Select(number => (float)(number / numbers.Sum()))];
    }
}
