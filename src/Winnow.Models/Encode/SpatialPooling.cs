using System.Numerics.Tensors;
using Winnow.Models.Configuration;

namespace Winnow.Models.Encode;

/// <summary>
/// Makes a frame's square grid of vectors smaller, channel by channel: after the projector, and for every signal of the tower that goes
/// beside the tokens.
/// </summary>
public sealed class SpatialPooling
{
    private readonly Tap[] _taps;

    /// <summary>Prepares the pooling of grids of one size.</summary>
    /// <param name="mode">The rule.</param>
    /// <param name="sourceSide">Side of the grid (g), at least 1; windows of 2 x 2 need at least 2.</param>
    public SpatialPooling(PoolingMode mode, int sourceSide)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sourceSide, mode == PoolingMode.Bilinear ? 1 : 2);
        (Mode, SourceSide) = (mode, sourceSide);
        Side = mode == PoolingMode.Bilinear ? (sourceSide + 1) / 2 : sourceSide / 2;
        _taps = [.. Enumerable.Range(0, Side).Select(place => mode == PoolingMode.Bilinear ? Interpolate(place) : Window(place))];
    }

    /// <summary>The rule.</summary>
    public PoolingMode Mode { get; }

    /// <summary>Side of the grid before (g).</summary>
    public int SourceSide { get; }

    /// <summary>Side of the grid after: ceil(g / 2) for bilinear, floor(g / 2) for windows.</summary>
    public int Side { get; }

    /// <summary>Vectors of a frame after the pooling.</summary>
    public int Tokens => Side * Side;

    /// <summary>Pools one frame, in float32.</summary>
    /// <param name="source"><c>[SourceSide * SourceSide, width]</c>, row-major.</param>
    /// <param name="width">Length of a vector.</param>
    /// <param name="destination"><c>[Tokens, width]</c>; must not overlap the source.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public void Apply(ReadOnlySpan<float> source, int width, Span<float> destination)
    {
        if (source.Length != SourceSide * SourceSide * width || destination.Length != Tokens * width)
            throw new ArgumentException(
                $"Pooling {SourceSide}x{SourceSide} to {Side}x{Side} vectors of {width} does not fit {source.Length} values in and "
                + $"{destination.Length} out.",
                nameof(source));
        for (int row = 0; row < Side; row++)
            for (int column = 0; column < Side; column++)
                Blend(source, width, _taps[row], _taps[column], destination.Slice((row * Side + column) * width, width));
    }

    /// <summary>
    /// Pools one frame of which some places are missing: each output is the blend of the places that are there, their weights scaled to sum
    /// to one, or their maximum.
    /// </summary>
    /// <param name="source"><c>[SourceSide * SourceSide, width]</c>, row-major; missing places hold what stands in for them.</param>
    /// <param name="width">Length of a vector.</param>
    /// <param name="missing"><c>[SourceSide * SourceSide]</c>: places that are missing.</param>
    /// <param name="destination">
    /// <c>[Tokens, width]</c>. An output none of whose places is there is pooled from what stands in for them.
    /// </param>
    /// <param name="absent">Receives the numbers of those outputs, rising.</param>
    public void Apply(ReadOnlySpan<float> source, int width, ReadOnlySpan<bool> missing, Span<float> destination, ICollection<int> absent)
    {
        Apply(source, width, destination);
        Span<(int Place, float Weight)> taps = stackalloc (int, float)[4];
        for (int token = 0; token < Tokens; token++)
        {
            FillTaps(_taps[token / Side], _taps[token % Side], taps);
            float there = 0;
            int count = 0;
            foreach ((int place, float weight) in taps)
                (there, count) = missing[place] || weight == 0 ? (there, count) : (there + weight, count + 1);
            if (count == 0)
                absent.Add(token);
            else if (count < 4)
                BlendPresent(source, width, taps, missing, there, destination.Slice(token * width, width));
        }
    }

    private void FillTaps(Tap row, Tap column, Span<(int Place, float Weight)> taps)
    {
        taps[0] = (row.First * SourceSide + column.First, row.FirstWeight * column.FirstWeight);
        taps[1] = (row.First * SourceSide + column.Second, row.FirstWeight * column.SecondWeight);
        taps[2] = (row.Second * SourceSide + column.First, row.SecondWeight * column.FirstWeight);
        taps[3] = (row.Second * SourceSide + column.Second, row.SecondWeight * column.SecondWeight);
    }

    private void BlendPresent(
        ReadOnlySpan<float> source, int width, ReadOnlySpan<(int Place, float Weight)> taps,
        ReadOnlySpan<bool> missing, float there, Span<float> target)
    {
        target.Fill(Mode == PoolingMode.Maximum ? float.NegativeInfinity : 0);
        foreach ((int place, float weight) in taps)
        {
            if (missing[place] || weight == 0)
                continue;
            ReadOnlySpan<float> vector = source.Slice(place * width, width);
            if (Mode == PoolingMode.Maximum)
                TensorPrimitives.Max(target, vector, target);
            else
                TensorPrimitives.MultiplyAdd(vector, weight / there, target, target);
        }
    }

    /// <summary>Source coordinate (place + 0.5) * g / Side - 0.5, between the two places around it; the corners are not aligned.</summary>
    private Tap Interpolate(int place)
    {
        double coordinate = Math.Max((place + 0.5) * SourceSide / Side - 0.5, 0);
        int low = (int)coordinate;
        float second = (float)(coordinate - low);
        return new Tap(low, Math.Min(low + 1, SourceSide - 1), 1 - second, second);
    }

    private static Tap Window(int place) => new(2 * place, 2 * place + 1, 0.5f, 0.5f);

    private void Blend(ReadOnlySpan<float> source, int width, Tap row, Tap column, Span<float> target)
    {
        ReadOnlySpan<float> a = Vector(source, width, row.First, column.First), b = Vector(source, width, row.First, column.Second);
        ReadOnlySpan<float> c = Vector(source, width, row.Second, column.First), d = Vector(source, width, row.Second, column.Second);
        if (Mode == PoolingMode.Maximum)
        {
            TensorPrimitives.Max(a, b, target);
            TensorPrimitives.Max(target, c, target);
            TensorPrimitives.Max(target, d, target);
            return;
        }
        TensorPrimitives.Multiply(a, row.FirstWeight * column.FirstWeight, target);
        TensorPrimitives.MultiplyAdd(b, row.FirstWeight * column.SecondWeight, target, target);
        TensorPrimitives.MultiplyAdd(c, row.SecondWeight * column.FirstWeight, target, target);
        TensorPrimitives.MultiplyAdd(d, row.SecondWeight * column.SecondWeight, target, target);
    }

    private ReadOnlySpan<float> Vector(ReadOnlySpan<float> source, int width, int row, int column) =>
        source.Slice((row * SourceSide + column) * width, width);

    /// <summary>Two neighbouring places along one axis, and the weight of each.</summary>
    private readonly record struct Tap(int First, int Second, float FirstWeight, float SecondWeight);
}
