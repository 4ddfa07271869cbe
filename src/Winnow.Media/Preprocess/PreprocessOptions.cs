namespace Winnow.Media;

/// <summary>
/// How a frame becomes the vision tower's input; the names in brackets are those of <c>preprocessor_config.json</c>. No default is taken
/// for granted.
/// </summary>
public sealed record PreprocessOptions
{
    /// <summary>
    /// Width in pixels of the tower's input (<c>size.width</c>). The picture's proportions are not kept, nothing is cropped.
    /// </summary>
    public required int Width { get; init; }

    /// <summary>Height in pixels of the tower's input (<c>size.height</c>).</summary>
    public required int Height { get; init; }

    /// <summary>Whether levels are rescaled (<c>do_rescale</c>).</summary>
    public bool Rescale { get; init; } = true;

    /// <summary>What a level is multiplied by (<c>rescale_factor</c>), above 0.</summary>
    public double RescaleFactor { get; init; } = 1 / 255.0;

    /// <summary>Whether values are normalised (<c>do_normalize</c>).</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>What is subtracted from R, G and B after rescaling (<c>image_mean</c>).</summary>
    public required IReadOnlyList<double> Mean { get; init; }

    /// <summary>What R, G and B are divided by then (<c>image_std</c>), above 0.</summary>
    public required IReadOnlyList<double> StandardDeviation { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        if (Width is < 1 or > 16384 || Height is < 1 or > 16384)
            throw new ArgumentException($"The size is {Width}x{Height}; both sides must be in [1, 16384].");
        if (!(RescaleFactor > 0) || !double.IsFinite(RescaleFactor))
            throw new ArgumentException($"RescaleFactor is {RescaleFactor}; it must be above 0 (1/255 for values in [0, 1]).");
        if (Mean.Count != 3 || StandardDeviation.Count != 3)
            throw new ArgumentException($"There are {Mean.Count} means and {StandardDeviation.Count} deviations; RGB needs 3 of each.");
        if (!Mean.All(double.IsFinite))
            throw new ArgumentException($"Mean is [{string.Join(", ", Mean)}]; its values must be finite.");
        if (!StandardDeviation.All(value => value > 0 && double.IsFinite(value)))
            throw new ArgumentException($"StandardDeviation is [{string.Join(", ", StandardDeviation)}]; its values must be above 0.");
    }
}
