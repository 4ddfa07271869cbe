using Winnow.Models.Configuration;
using Winnow.Models.Encode;

namespace Winnow.Models.Tests.Encode;

public sealed class SpatialPoolingTests
{
    // The closed form for 27 -> 14 (specification, section 8), weights in 28ths: float32 rounding of a blend of four values below 1 stays
    // under 1e-6.
    private const double ClosedFormTolerance = 1e-6;

    [Fact]
    public void Bilinear_of_the_published_side_is_the_closed_form()
    {
        var pooling = new SpatialPooling(PoolingMode.Bilinear, 27);
        Assert.Equal(14, pooling.Side);
        float[] source = Random(27 * 27 * 3, 1);
        float[] pooled = new float[14 * 14 * 3];
        pooling.Apply(source, 3, pooled);
        for (int row = 0; row < 14; row++)
            for (int column = 0; column < 14; column++)
                for (int channel = 0; channel < 3; channel++)
                {
                    double expected = 0;
                    foreach ((int y, int rowWeight) in Taps(row))
                        foreach ((int x, int columnWeight) in Taps(column))
                            expected += source[(y * 27 + x) * 3 + channel] * rowWeight * columnWeight / 784.0;
                    Assert.Equal(expected, pooled[(row * 14 + column) * 3 + channel], ClosedFormTolerance);
                }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(5, 3)]
    [InlineData(6, 3)]
    [InlineData(7, 4)]
    [InlineData(12, 6)]
    public void Bilinear_of_any_side_keeps_constants_and_rounds_the_side_up(int side, int expectedSide)
    {
        var pooling = new SpatialPooling(PoolingMode.Bilinear, side);
        float[] pooled = new float[pooling.Tokens];
        pooling.Apply([.. Enumerable.Repeat(3f, side * side)], 1, pooled);
        Assert.Equal(expectedSide, pooling.Side);
        // The weights of a token sum to one up to float32 rounding.
        Assert.All(pooled, value => Assert.Equal(3f, value, 1e-5f));
    }

    [Fact]
    public void Bilinear_of_an_even_side_is_the_mean_of_windows()
    {
        float[] source = Random(36, 2), bilinear = new float[9], average = new float[9];
        new SpatialPooling(PoolingMode.Bilinear, 6).Apply(source, 1, bilinear);
        new SpatialPooling(PoolingMode.Average, 6).Apply(source, 1, average);
        Assert.Equal(average, bilinear);
    }

    [Fact]
    public void Windows_of_an_odd_side_drop_the_last_row_and_column()
    {
        float[] source = [1, 2, 90, 3, 4, 91, 92, 93, 94], average = new float[1], maximum = new float[1];
        new SpatialPooling(PoolingMode.Average, 3).Apply(source, 1, average);
        new SpatialPooling(PoolingMode.Maximum, 3).Apply(source, 1, maximum);
        Assert.Equal([2.5f], average);
        Assert.Equal([4f], maximum);
    }

    private static (int Place, int Weight)[] Taps(int place) => place <= 6
        ? [(2 * place, 15 + 2 * place), (2 * place + 1, 13 - 2 * place)]
        : [(2 * place - 1, 2 * place - 13), (2 * place, 41 - 2 * place)];

    private static float[] Random(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle())];
    }
}
