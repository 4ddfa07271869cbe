namespace Winnow.Models.Tests;

/// <summary>Comparisons by a stated tolerance.</summary>
internal static class Close
{
    /// <summary>The largest difference must stay below the tolerance times the largest recorded magnitude.</summary>
    public static void Relative(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance)
    {
        Assert.True(expected.Length == actual.Length, $"{name} has {actual.Length} values, recorded {expected.Length}.");
        double largest = 0, difference = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(float.IsFinite(actual[i]), $"{name}[{i}] is {actual[i]}.");
            largest = Math.Max(largest, Math.Abs(expected[i]));
            difference = Math.Max(difference, Math.Abs(expected[i] - actual[i]));
        }
        double share = difference / largest;
        Assert.True(share <= tolerance, $"{name} is off by {share:G3} of its largest value; at most {tolerance:G1} is allowed.");
    }
}
