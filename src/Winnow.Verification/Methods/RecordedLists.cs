using System.Globalization;

namespace Winnow.Verification.Methods;

/// <summary>Parameters recorded as values between commas, without brackets.</summary>
internal static class RecordedLists
{
    /// <summary>Whole numbers, such as <c>7,9,12</c>.</summary>
    /// <exception cref="WinnowException">They were not recorded, or are no whole numbers.</exception>
    public static int[] IntsBetweenCommas(this Recording recording, string parameter) =>
        Array.ConvertAll(recording.NumbersBetweenCommas(parameter), number =>
            number == Math.Truncate(number)
                ? (int)number
                : throw new WinnowException($"{parameter} holds {number}; whole numbers are expected."));

    /// <summary>Numbers, such as <c>0.875,0.625</c>.</summary>
    /// <exception cref="WinnowException">They were not recorded, or are no numbers.</exception>
    public static double[] NumbersBetweenCommas(this Recording recording, string parameter) => Array.ConvertAll(
        recording.Text(parameter).Trim('[', ']').Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        item => double.TryParse(item, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw new WinnowException($"{parameter} holds {item}; numbers are expected."));
}
