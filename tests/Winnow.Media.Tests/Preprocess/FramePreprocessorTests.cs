using Winnow.Models.Weights;
using Winnow.Tests;
using Xunit.Abstractions;

namespace Winnow.Media.Tests.Preprocess;

public sealed class FramePreprocessorTests(ITestOutputHelper output)
{
    private const string Folder = "tests/goldens/models/resize";

    private static readonly PreprocessOptions Plain = new()
    {
        Width = 3,
        Height = 2,
        Rescale = false,
        Normalize = false,
        Mean = [0, 0, 0],
        StandardDeviation = [1, 1, 1],
    };

    public static TheoryData<string> Recordings() =>
        [.. Directory.EnumerateFiles(Repository.Path(Folder), "*.safetensors").Select(path => Path.GetFileName(path)).Order()];

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Recording_of_the_reference_processor_is_met_within_one_level(string name)
    {
        using SafeTensorsFile file = SafeTensorsFile.Open(Repository.Path($"{Folder}/{name}"));
        long[] frames = [.. file["frames"].Shape.Select(side => (long)side)];
        long[] values = [.. file["pixel_values"].Shape.Select(side => (long)side)];
        (int height, int width) = ((int)frames[1], (int)frames[2]);
        var preprocessor = new FramePreprocessor(new PreprocessOptions
        {
            Height = (int)values[2],
            Width = (int)values[3],
            Mean = [0.5, 0.5, 0.5],
            StandardDeviation = [0.5, 0.5, 0.5],
        });
        byte[] pixels = file.ReadBytes("frames");
        float[] expected = file.ReadFloats("pixel_values");

        float worst = 0;
        int off = 0;
        for (int frame = 0; frame < frames[0]; frame++)
        {
            float[] actual = preprocessor.Process(width, height, pixels.AsSpan(frame * width * height * 3, width * height * 3));
            for (int i = 0; i < actual.Length; i++)
            {
                float difference = Math.Abs(actual[i] - expected[(frame * actual.Length) + i]);
                worst = Math.Max(worst, difference);
                off += difference > 1e-5 ? 1 : 0;
            }
        }

        // One 8-bit level is 1/255 before, 2/255 after division by the deviation of 0.5; the rest is float32 rounding.
        const float Level = 2f / 255;
        output.WriteLine($"{name}: largest difference {worst / Level:0.######} levels, {off} of {expected.Length} values differ");
        Assert.InRange(worst, 0, Level + 1e-6f);
    }

    [Fact]
    public void Frames_of_changing_size_are_each_resized_from_their_own()
    {
        var preprocessor = new FramePreprocessor(Plain);

        Assert.All(preprocessor.Process(5, 4, Filled(5 * 4, 70)), value => Assert.Equal(70, value));
        Assert.All(preprocessor.Process(4, 5, Filled(4 * 5, 80)), value => Assert.Equal(80, value));
        Assert.Equal(18, preprocessor.Length);
    }

    [Fact]
    public void Memory_of_the_wrong_length_is_refused()
    {
        var preprocessor = new FramePreprocessor(Plain);

        Assert.Throws<ArgumentException>(() => preprocessor.Process(2, 2, Filled(4, 1), new float[17]));
        Assert.Throws<ArgumentException>(() => preprocessor.Process(2, 3, Filled(4, 1)));
    }

    private static byte[] Filled(int pixels, byte level) => [.. Enumerable.Repeat(level, pixels * 3)];
}
