namespace Winnow.Media.Tests.Preprocess;

public sealed class BicubicResizerTests
{
    [Theory]
    [InlineData(new byte[] { 0, 32, 64, 96, 128, 160, 192, 255 }, new byte[] { 10, 60, 112, 163, 233 })]
    [InlineData(new byte[] { 0, 255, 0, 255, 128 }, new byte[] { 0, 114, 252, 59, 55, 249, 191, 119 })]
    [InlineData(new byte[] { 0, 0, 0, 255, 255, 255, 0, 0, 10, 200 }, new byte[] { 0, 210, 102, 63 })]
    public void Row_gives_the_values_of_Pillow(byte[] row, byte[] expected) =>
        Assert.Equal(expected, ResizeGrey(row, row.Length, 1, expected.Length, 1));

    [Theory]
    [InlineData(4, 5, new byte[] { 0, 180, 186, 0, 162, 130, 86, 55, 118, 49, 80, 193, 80, 31, 82, 192, 255, 98, 0, 0 })]
    [InlineData(2, 2, new byte[] { 109, 101, 100, 81 })]
    public void Picture_gives_the_values_of_Pillow(int width, int height, byte[] expected) =>
        Assert.Equal(expected, ResizeGrey([0, 255, 10, 200, 50, 90, 30, 30, 240, 255, 0, 0], 3, 4, width, height));

    [Theory]
    [InlineData(1, 1, 7, 5)]
    [InlineData(7, 5, 1, 1)]
    [InlineData(33, 57, 33, 20)]
    [InlineData(33, 57, 48, 57)]
    [InlineData(64, 48, 64, 48)]
    [InlineData(120, 33, 48, 48)]
    [InlineData(50, 70, 48, 48)]
    [InlineData(17, 19, 96, 97)]
    [InlineData(400, 3, 9, 2)]
    [InlineData(1000, 2, 3, 2)]
    [InlineData(131, 260, 96, 96)]
    public void Any_size_equals_the_plain_loop_to_the_bit(int width, int height, int newWidth, int newHeight)
    {
        var random = new Random((width * 31) + newWidth);
        byte[] source = new byte[width * height * 3];
        random.NextBytes(source);
        // Extremes side by side make the weights' negative lobes overshoot, so that clamping is met.
        for (int i = 0; i < source.Length; i += 2)
            source[i] = (byte)(random.Next(2) * 255);

        byte[] actual = new byte[newWidth * newHeight * 3];
        new BicubicResizer(width, height, newWidth, newHeight).Resize(source, actual);

        for (int channel = 0; channel < 3; channel++)
            Assert.Equal(PillowOracle.Resize(Channel(source, channel), width, height, newWidth, newHeight), Channel(actual, channel));
    }

    [Fact]
    public void Sizes_drawn_at_random_equal_the_plain_loop_to_the_bit()
    {
        var random = new Random(7);
        for (int i = 0; i < 60; i++)
            Any_size_equals_the_plain_loop_to_the_bit(random.Next(1, 90), random.Next(1, 90), random.Next(1, 90), random.Next(1, 90));
    }

    [Fact]
    public void Wrong_lengths_are_refused()
    {
        var resizer = new BicubicResizer(4, 4, 2, 2);

        Assert.Throws<ArgumentException>(() => resizer.Resize(new byte[47], new byte[12]));
        Assert.Throws<ArgumentException>(() => resizer.Resize(new byte[48], new byte[13]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BicubicResizer(4, 0, 2, 2));
    }

    private static byte[] ResizeGrey(byte[] grey, int width, int height, int newWidth, int newHeight)
    {
        byte[] target = new byte[newWidth * newHeight * 3];
        new BicubicResizer(width, height, newWidth, newHeight).Resize([.. grey.SelectMany(level => new[] { level, level, level })], target);
        Assert.Equal(Channel(target, 0), Channel(target, 1));
        Assert.Equal(Channel(target, 0), Channel(target, 2));
        return Channel(target, 0);
    }

    private static byte[] Channel(byte[] pixels, int channel) => [.. pixels.Where((_, i) => i % 3 == channel)];
}
