namespace Winnow.Media.Tests.Preprocess;

public sealed class PixelNormalizerTests
{
    private static readonly PreprocessOptions Siglip = new()
    {
        Width = 2,
        Height = 1,
        Mean = [0.5, 0.5, 0.5],
        StandardDeviation = [0.5, 0.5, 0.5],
    };

    [Theory]
    [InlineData(0, -1f)]
    [InlineData(1, -0.99215686f)]
    [InlineData(127, -0.0039215684f)]
    [InlineData(128, 0.003921628f)]
    [InlineData(255, 1f)]
    public void Level_gives_the_specified_value(byte level, float expected) =>
        Assert.Equal(expected, Normalize(Siglip, [level, level, level])[0]);

    [Fact]
    public void Planes_come_red_green_blue_each_with_its_own_mean_and_deviation()
    {
        PreprocessOptions options = Siglip with { Rescale = false, Mean = [1, 2, 3], StandardDeviation = [1, 2, 4] };

        Assert.Equal([9f, 39f, 9f, 24f, 6.75f, 14.25f], Normalize(options, [10, 20, 30, 40, 50, 60]));
    }

    [Fact]
    public void Steps_may_be_left_out()
    {
        Assert.Equal([10f, 20f, 30f], Normalize(Siglip with { Rescale = false, Normalize = false }, [10, 20, 30]));
        Assert.Equal([20f, 40f, 60f], Normalize(Siglip with { RescaleFactor = 2, Normalize = false }, [10, 20, 30]));
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        Assert.Contains("StandardDeviation", Refusal(Siglip with { StandardDeviation = [1, 0, 1] }));
        Assert.Contains("Mean", Refusal(Siglip with { Mean = [double.NaN, 0, 0] }));
        Assert.Contains("means", Refusal(Siglip with { Mean = [0] }));
        Assert.Contains("RescaleFactor", Refusal(Siglip with { RescaleFactor = 0 }));
        Assert.Contains("0x1", Refusal(Siglip with { Width = 0 }));
    }

    [Fact]
    public void Lengths_that_differ_are_refused()
    {
        var normalizer = new PixelNormalizer(Siglip);

        Assert.Throws<ArgumentException>(() => normalizer.Normalize(new byte[6], new float[3]));
        Assert.Throws<ArgumentException>(() => normalizer.Normalize(new byte[4], new float[4]));
    }

    private static string Refusal(PreprocessOptions options) =>
        Assert.Throws<ArgumentException>(() => new PixelNormalizer(options)).Message;

    private static float[] Normalize(PreprocessOptions options, byte[] pixels)
    {
        float[] planes = new float[pixels.Length];
        new PixelNormalizer(options).Normalize(pixels, planes);
        return planes;
    }
}
