namespace Winnow.Methods;

/// <summary>Carries the shares that a paper keeps after each of its cuts over to another retention.</summary>
internal static class StageShares
{
    /// <summary>
    /// What every cut removes is scaled alike, so that the last leaves the retention: the paper's own shares where the retention is its
    /// last share, and 1 throughout where it is 1.
    /// </summary>
    /// <param name="paper">Shares of the original rows left after each cut, falling.</param>
    /// <param name="retention">Share that the last cut shall leave.</param>
    public static double[] Scaled(ReadOnlySpan<double> paper, double retention)
    {
        double[] shares = new double[paper.Length];
        for (int stage = 0; stage < shares.Length; stage++)
            shares[stage] = stage == shares.Length - 1 ? retention : 1 - (1 - paper[stage]) * (1 - retention) / (1 - paper[^1]);
        return shares;
    }

    /// <summary>Refuses shares that rise: rows that have left do not come back.</summary>
    /// <exception cref="ArgumentException">They rise.</exception>
    public static void RequireFalling<T>(IReadOnlyList<T>? shares, string name) where T : IComparable<T>
    {
        for (int stage = 1; stage < shares?.Count; stage++)
            if (shares[stage].CompareTo(shares[stage - 1]) > 0)
                throw new ArgumentException(
                    $"{name} rise from {shares[stage - 1]} to {shares[stage]}; tokens that have left do not come back."
                        + " Give values that do not rise.");
    }

    /// <summary>Refuses lists of unequal lengths.</summary>
    /// <exception cref="ArgumentException">There are not as many values as layers.</exception>
    public static void RequireOneEach(int values, int layers, string name)
    {
        if (values != layers)
            throw new ArgumentException($"There are {values} {name} for {layers} layers; give one for each.");
    }
}
