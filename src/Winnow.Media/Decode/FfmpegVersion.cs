using System.Globalization;
using System.Text.RegularExpressions;

namespace Winnow.Media;

/// <summary>The version that <c>ffmpeg -version</c> states. Builds from a repository state no number and count as newest.</summary>
internal sealed partial record FfmpegVersion(string Text, int Major, int Minor)
{
    /// <summary>The oldest version accepted: that of the oldest distributions still maintained.</summary>
    public const string MinimumText = "4.2";

    private const int Unnumbered = int.MaxValue;

    /// <summary>Whether it is older than <see cref="MinimumText"/>.</summary>
    public bool IsTooOld => !IsAtLeast(4, 2);

    /// <summary>The option that passes every decoded frame on once, whatever the time stamps: renamed in 5.1.</summary>
    public string FrameModeOption => IsAtLeast(5, 1) ? "-fps_mode" : "-vsync";

    /// <summary>Reads the first line of the program's answer; null if it is not ffmpeg's.</summary>
    public static FfmpegVersion? Parse(string answer)
    {
        Match line = VersionLine().Match(answer);
        if (!line.Success)
            return null;
        string text = line.Groups[1].Value;
        Match number = LeadingNumber().Match(text);
        return number.Success
            ? new FfmpegVersion(text, Number(number.Groups[1]), number.Groups[2].Success ? Number(number.Groups[2]) : 0)
            : new FfmpegVersion(text, Unnumbered, 0);
    }

    private bool IsAtLeast(int major, int minor) => Major > major || (Major == major && Minor >= minor);

    private static int Number(Group digits) => int.Parse(digits.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\Affmpeg version (\S+)")]
    private static partial Regex VersionLine();

    // "5.1.9-0+deb12u1", "n7.0", "8.0"; but neither "N-118000-gabc" nor a date such as "2024-01-01-git-abc".
    [GeneratedRegex(@"\An?(\d{1,3})(?:\.(\d{1,3}))?(?![\d]|-\d\d-\d\d)")]
    private static partial Regex LeadingNumber();
}
