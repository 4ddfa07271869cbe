using System.Globalization;

namespace Winnow.Media;

/// <summary>How the stored picture must be turned or mirrored to stand upright, from the container's display matrix.</summary>
/// <remarks>
/// The matrix sends a point (x, y) of the stored picture, y downwards, to (a*x + c*y, b*x + d*y) on the display. ffmpeg would turn every
/// decoded frame before its filters run; we ask for the same filters behind the choice of frames, so that only the chosen ones are turned.
/// </remarks>
/// <param name="ClockwiseDegrees">Angle of the turn, in [0, 360); mirroring comes on top.</param>
/// <param name="Filters">ffmpeg filters that do it, in order; empty for an upright picture.</param>
/// <param name="SwapsSides">Whether width and height change places.</param>
internal sealed record DisplayOrientation(double ClockwiseDegrees, IReadOnlyList<string> Filters, bool SwapsSides)
{
    // Angles this near to a quarter turn are one: matrices are fixed-point.
    private const double ToleranceDegrees = 1;

    /// <summary>The picture is stored as it is shown.</summary>
    public static DisplayOrientation Upright { get; } = new(0, [], false);

    /// <summary>Reads the four linear entries of a matrix, in any common scale.</summary>
    public static DisplayOrientation FromMatrix(double a, double b, double c, double d)
    {
        if ((a == 0 && c == 0) || (b == 0 && d == 0))
            return Upright;
        // The columns may be scaled differently (non-square pixels); the angle is that of the normalised matrix.
        double degrees = Math.Atan2(b / Math.Sqrt((b * b) + (d * d)), a / Math.Sqrt((a * a) + (c * c))) * 180 / Math.PI;
        degrees = Math.Round(degrees < 0 ? degrees + 360 : degrees) % 360;
        double quarters = Math.Round(degrees / 90);
        if (Math.Abs(degrees - (quarters * 90)) >= ToleranceDegrees)
            return new DisplayOrientation(degrees, [string.Create(CultureInfo.InvariantCulture, $"rotate={degrees}*PI/180")], false);
        return ((int)quarters % 4) switch
        {
            0 => new DisplayOrientation(0, d < 0 ? ["vflip"] : [], false),
            1 => new DisplayOrientation(90, [c > 0 ? "transpose=cclock_flip" : "transpose=clock"], true),
            2 => new DisplayOrientation(180, d < 0 ? ["hflip", "vflip"] : ["hflip"], false),
            _ => new DisplayOrientation(270, [c < 0 ? "transpose=clock_flip" : "transpose=cclock"], true),
        };
    }

    /// <summary>Reads the nine numbers that ffprobe prints, three a line, each line led by its address and a colon.</summary>
    public static DisplayOrientation Parse(string printed)
    {
        double[] entries = [.. printed.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
        return entries.Length == 9 ? FromMatrix(entries[0], entries[1], entries[3], entries[4]) : Upright;
    }
}
