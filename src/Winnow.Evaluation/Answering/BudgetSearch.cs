namespace Winnow.Evaluation.Answering;

/// <summary>Finds the retention at which a method keeps a wanted number of tokens.</summary>
/// <remarks>
/// Methods round, cap and merge in their own ways, so that one retention gives them different numbers of tokens;
/// only equal numbers make a fair comparison.
/// </remarks>
internal static class BudgetSearch
{
    private const int Steps = 10;

    /// <summary>Searches by halving, since more retention never means fewer tokens by more than rounding.</summary>
    /// <param name="count">Tokens that are kept at a retention in (0, 1].</param>
    /// <param name="start">Retention to try first.</param>
    /// <param name="target">Tokens wanted, at least 1.</param>
    /// <param name="tolerance">Share of the target by which the number may miss it.</param>
    /// <returns>
    /// The first retention found within the tolerance, else the one whose number comes closest;
    /// <paramref name="start"/> where none comes closer.
    /// </returns>
    public static double Find(Func<double, int> count, double start, int target, double tolerance)
    {
        int first = count(start);
        (double best, int bestMiss) = (start, Math.Abs(first - target));
        (double low, double high) = first > target ? (0.0, start) : (start, 1.0);
        for (int step = 0; step < Steps && bestMiss > tolerance * target; step++)
        {
            double middle = (low + high) / 2;
            int found = count(middle);
            if (Math.Abs(found - target) < bestMiss)
                (best, bestMiss) = (middle, Math.Abs(found - target));
            (low, high) = found > target ? (low, middle) : (middle, high);
        }
        return best;
    }
}
