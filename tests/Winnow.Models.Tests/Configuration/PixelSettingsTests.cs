using Winnow.Models.Configuration;
using Winnow.Models.Tests.Weights;

namespace Winnow.Models.Tests.Configuration;

public sealed class PixelSettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Video_file_wins_over_sub_folder_over_image_file()
    {
        Write("preprocessor_config.json", 1);
        Assert.Equal(1, Load().Frames);
        Write("video_processor/preprocessor_config.json", 2);
        Assert.Equal(2, Load().Frames);
        Write("video_preprocessor_config.json", 3);
        Assert.Equal(3, Load().Frames);
    }

    [Fact]
    public void Folder_without_settings_gets_those_of_the_published_checkpoints()
    {
        PixelSettings settings = Load();
        Assert.Equal((48, 48), (settings.Height, settings.Width));
        Assert.Equal([0.5, 0.5, 0.5], settings.Mean);
        Assert.Equal([0.5, 0.5, 0.5], settings.Deviation);
        Assert.Null(settings.Frames);
    }

    [Theory]
    [InlineData("""{"resample": 2}""", "resample is 2")]
    [InlineData("""{"do_normalize": false}""", "do_normalize is false")]
    [InlineData("""{"image_mean": [0.5]}""", "image_mean has 1 values")]
    [InlineData("""{"image_std": [0.5, 0, 0.5]}""", "image_std")]
    [InlineData("""{"size": {"height": 96, "width": 48}}""", "96x48")]
    public void Settings_that_do_not_fit_are_refused(string json, string expected)
    {
        File.WriteAllText(_folder.File("preprocessor_config.json"), json);
        Assert.Contains(expected, Assert.Throws<WinnowException>(Load).Message);
    }

    private PixelSettings Load() => PixelSettings.Load(_folder.Path, 48);

    private void Write(string name, int frames)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(name))!);
        File.WriteAllText(_folder.File(name), $$"""{"num_frames": {{frames}}, "size": {"height": 48, "width": 48}, "resample": 3}""");
    }
}
