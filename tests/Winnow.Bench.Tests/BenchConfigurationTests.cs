using Winnow.Models.Configuration;
using Winnow.Tests;

namespace Winnow.Bench.Tests;

public sealed class BenchConfigurationTests
{
    [Theory]
    [InlineData("llava-onevision-0.5b", 896, 24, 196)]
    [InlineData("0.5b", 896, 24, 196)]
    [InlineData("7b", 3584, 28, 196)]
    [InlineData("tiny", 192, 4, 36)]
    public void Find_of_a_known_name_gives_its_shapes(string name, int width, int layers, int tokensPerFrame)
    {
        var configuration = BenchConfiguration.Find(name);
        Assert.Equal(width, configuration.Model.Text.Width);
        Assert.Equal(layers, configuration.Model.Text.Layers);
        Assert.Equal(tokensPerFrame, configuration.TokensPerFrame);
    }

    [Theory]
    [InlineData("llava-onevision-0.5b", "tests/goldens/models/real-shapes/llava-onevision-qwen2-0.5b-ov")]
    [InlineData("tiny", "models/tiny")]
    public void Find_of_a_folder_gives_what_the_embedded_copy_gives(string name, string folder)
    {
        LlavaOneVisionConfig copy = BenchConfiguration.Find(name).Model, original = BenchConfiguration.Find(Repository.Path(folder)).Model;
        Assert.Equal(original.Vision, copy.Vision);
        Assert.Equal(original.Text with { EndIds = [] }, copy.Text with { EndIds = [] });
    }

    [Fact]
    public void Find_of_an_unknown_name_lists_the_known_ones()
    {
        var error = Assert.Throws<WinnowException>(() => BenchConfiguration.Find("llava-13b"));
        Assert.Contains("llava-13b", error.Message);
        Assert.Contains("llava-onevision-7b", error.Message);
    }
}
