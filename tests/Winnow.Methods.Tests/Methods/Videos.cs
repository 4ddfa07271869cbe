using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests.Methods;

/// <summary>Videos made for one point each.</summary>
internal static class Videos
{
    /// <summary>Tokens that differ from place to place but not in time.</summary>
    public static ReductionInput Still(int frames, int rows, int columns, int dimension,
        params IEnumerable<(Signal Kind, SignalValue Value)> signals)
    {
        float[] frame = Noise(1, rows * columns * dimension);
        return Input(Enumerable.Repeat(frame, frames)
            .SelectMany(values => values).ToArray(), new TokenGrid(frames, rows, columns), dimension, signals);
    }

    /// <summary>Tokens without any likeness.</summary>
    public static ReductionInput Random(int frames, int rows, int columns, int dimension,
        params IEnumerable<(Signal Kind, SignalValue Value)> signals) =>
        Input(Noise(2, frames * rows * columns * dimension), new TokenGrid(frames, rows, columns), dimension, signals);

    /// <summary>Attention that falls from place to place of every frame.</summary>
    public static (Signal Kind, SignalValue Value) FallingAttention(Signal kind, int frames, int places) =>
        (kind, new SignalValue(Enumerable.Range(0, frames * places).Select(i => 1f / (1 + i % places)).ToArray(), frames, places));

    private static ReductionInput Input(float[] features, TokenGrid grid, int dimension,
        IEnumerable<(Signal Kind, SignalValue Value)> signals) =>
        new(new TokenMatrix(features, dimension), grid, signals.ToDictionary(pair => new SignalRequest(pair.Kind), pair => pair.Value));

    private static float[] Noise(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 2 - 1))];
    }
}
