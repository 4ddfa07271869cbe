namespace Winnow.Primitives;

/// <summary>Evenly spaced places out of n.</summary>
public static class EvenSpacing
{
    /// <summary>The middle of each of as many equal stretches: no place twice, neither end favoured.</summary>
    /// <param name="places">n, at least <paramref name="count"/>.</param>
    /// <param name="count">How many.</param>
    public static int[] Middles(int places, int count)
    {
        Require(places, count);
        int[] chosen = new int[count];
        for (int i = 0; i < count; i++)
            chosen[i] = (int)((2L * i + 1) * places / (2L * count));
        return chosen;
    }

    /// <summary>The last place of each of as many equal stretches: <c>floor((i + 1) * n / count) - 1</c>.</summary>
    /// <param name="places">n, at least <paramref name="count"/>.</param>
    /// <param name="count">How many.</param>
    public static int[] Ends(int places, int count)
    {
        Require(places, count);
        int[] chosen = new int[count];
        for (int i = 0; i < count; i++)
            chosen[i] = (int)((i + 1L) * places / count) - 1;
        return chosen;
    }

    /// <summary>
    /// Equal steps from the first place to the last: <c>i * (n - 1) / (count - 1)</c>, rounded to the nearest, halves to the even place;
    /// one alone is the first.
    /// </summary>
    /// <param name="places">n, at least <paramref name="count"/>.</param>
    /// <param name="count">How many.</param>
    public static int[] EndToEnd(int places, int count)
    {
        Require(places, count);
        int[] chosen = new int[count];
        for (int i = 1; i < count; i++)
            chosen[i] = (int)Math.Round(i * (places - 1.0) / (count - 1), MidpointRounding.ToEven);
        return chosen;
    }

    /// <summary>
    /// Between the ends of equal steps of <c>(n - 1) / count</c>: the mean of both ends, each rounded to the nearest (halves to the even
    /// place), cut off to a whole place.
    /// Where all n are wanted, one place comes twice and the last not at all.
    /// </summary>
    /// <param name="places">n, at least <paramref name="count"/>.</param>
    /// <param name="count">How many.</param>
    public static int[] BetweenSteps(int places, int count)
    {
        Require(places, count);
        int[] chosen = new int[count];
        double step = (places - 1.0) / count;
        for (int i = 0; i < count; i++)
            chosen[i] = (int)(Math.Round(step * i, MidpointRounding.ToEven) + Math.Round(step * (i + 1), MidpointRounding.ToEven)) / 2;
        return chosen;
    }

    /// <summary>
    /// Equal steps from 0 to <paramref name="last"/>, cut off to whole places: <c>trunc(i * last / (count - 1))</c>; one alone is 0.
    /// Places may repeat.
    /// </summary>
    /// <param name="last">The last place.</param>
    /// <param name="count">How many.</param>
    public static int[] Truncated(int last, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(last);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        int[] chosen = new int[count];
        for (int i = 1; i < count; i++)
            chosen[i] = (int)((long)i * last / (count - 1));
        return chosen;
    }

    private static void Require(int places, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, places);
    }
}
