namespace Winnow.Models.Configuration;

/// <summary>How a folder wants video frames turned into numbers.</summary>
public sealed record PixelSettings
{
    private const string FileName = "preprocessor_config.json";
    private const int Bicubic = 3;

    /// <summary>Height of the resized frame in pixels; the aspect ratio is not kept.</summary>
    public required int Height { get; init; }

    /// <summary>Width of the resized frame in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Factor from 0..255 to the range that the mean belongs to.</summary>
    public double Rescale { get; init; } = 1.0 / 255;

    /// <summary>Subtracted, by channel R, G, B.</summary>
    public IReadOnlyList<double> Mean { get; init; } = [0.5, 0.5, 0.5];

    /// <summary>Divided by after subtracting, by channel R, G, B.</summary>
    public IReadOnlyList<double> Deviation { get; init; } = [0.5, 0.5, 0.5];

    /// <summary>How many frames the model was made for, where the folder says it.</summary>
    public int? Frames { get; init; }

    /// <summary>
    /// Reads the video settings of a folder: <c>video_preprocessor_config.json</c>, else <c>video_processor/preprocessor_config.json</c>,
    /// else <c>preprocessor_config.json</c>; where there is none, the settings of the published checkpoints at the tower's size.
    /// </summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="imageSide">Side of the tower's input.</param>
    /// <exception cref="WinnowException">A value cannot be read, is not supported, or asks for another size than the tower's.</exception>
    public static PixelSettings Load(string folder, int imageSide)
    {
        string[] candidates =
        [
            Path.Combine(folder, "video_" + FileName),
            Path.Combine(folder, "video_processor", FileName),
            Path.Combine(folder, FileName),
        ];
        return candidates.FirstOrDefault(File.Exists) is { } path
            ? Read(ConfigObject.Read(path), imageSide)
            : new PixelSettings { Height = imageSide, Width = imageSide };
    }

    private static PixelSettings Read(ConfigObject source, int imageSide)
    {
        if (source.Whole("resample") is { } filter and not Bicubic)
            throw source.Unsupported("resample", filter, $"{Bicubic} (bicubic)");
        if (source.Flag("do_center_crop") == true)
            throw source.Unsupported("do_center_crop", "true", "false");
        foreach (string step in new[] { "do_resize", "do_rescale", "do_normalize" })
            if (source.Flag(step) == false)
                throw source.Unsupported(step, "false", "true");
        ConfigObject? size = source.Object("size");
        var settings = new PixelSettings
        {
            Height = size?.Size("height", imageSide) ?? imageSide,
            Width = size?.Size("width", imageSide) ?? imageSide,
            Rescale = source.Number("rescale_factor") ?? 1.0 / 255,
            Mean = Channels(source, "image_mean"),
            Deviation = Channels(source, "image_std"),
            Frames = source.Has("num_frames") ? source.Size("num_frames", 1) : null,
        };
        if (settings.Height != imageSide || settings.Width != imageSide)
            throw source.Wrong($"size is {settings.Height}x{settings.Width}, but the vision tower takes {imageSide}x{imageSide}.");
        if (settings.Deviation.Any(value => !(value > 0)))
            throw source.Wrong($"image_std is [{string.Join(", ", settings.Deviation)}]; every value must be greater than 0.");
        return settings;
    }

    private static double[] Channels(ConfigObject source, string name) => source.Numbers(name) switch
    {
        null => [0.5, 0.5, 0.5],
        { Length: 3 } values => values,
        { } values => throw source.Wrong($"{name} has {values.Length} values; it must have 3, for R, G and B."),
    };
}
