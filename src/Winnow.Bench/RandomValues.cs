namespace Winnow.Bench;

/// <summary>Made-up activations.</summary>
internal static class RandomValues
{
    /// <summary>Fills with values from -1 to 1; the same seed gives the same values.</summary>
    public static void Fill(Span<float> values, int seed)
    {
        var random = new Random(seed);
        foreach (ref float value in values)
            value = (2 * random.NextSingle()) - 1;
    }
}
