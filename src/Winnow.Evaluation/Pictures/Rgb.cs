namespace Winnow.Evaluation.Pictures;

/// <summary>A colour.</summary>
/// <param name="Red">Red.</param>
/// <param name="Green">Green.</param>
/// <param name="Blue">Blue.</param>
internal readonly record struct Rgb(byte Red, byte Green, byte Blue)
{
    public static Rgb White { get; } = new(255, 255, 255);

    public static Rgb Page { get; } = new(24, 28, 36);

    public static Rgb Line { get; } = new(70, 78, 92);

    public static Rgb Bar { get; } = new(127, 176, 255);

    public static Rgb Repeat { get; } = new(20, 50, 140);

    public static Rgb Cut { get; } = new(255, 192, 105);

    /// <summary>Colours that neighbouring groups are told apart by.</summary>
    public static IReadOnlyList<Rgb> Groups { get; } =
    [
        new(255, 99, 71), new(64, 224, 208), new(255, 215, 0), new(186, 120, 255),
        new(124, 252, 0), new(255, 105, 180), new(30, 160, 255), new(255, 140, 0),
    ];
}
