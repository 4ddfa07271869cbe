namespace Winnow.Evaluation;

/// <summary>How sure the share of accuracy kept is: the questions are drawn again with replacement, each with both its outcomes.</summary>
/// <remarks>Percentile interval of the paired bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, chapter 13).</remarks>
public static class PairedBootstrap
{
    private const int Draws = 2000;

    /// <summary>95% interval of (accuracy of the method) / (accuracy of the baseline).</summary>
    /// <param name="method">Outcome of each question with the method.</param>
    /// <param name="baseline">Outcome of the same questions, in the same order, without it.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <returns>Lower and upper bound; (1, 1) for equal outcomes. NaN where the baseline answers nothing right.</returns>
    /// <exception cref="ArgumentException">The two differ in length, or are empty.</exception>
    public static (double Low, double High) KeptInterval(ReadOnlySpan<bool> method, ReadOnlySpan<bool> baseline, int seed = 0)
    {
        if (method.Length != baseline.Length || method.IsEmpty)
            throw new ArgumentException($"The paired bootstrap needs the same questions on both sides; there are {method.Length} and {baseline.Length}.", nameof(baseline));
        var random = new Random(seed);
        var kept = new List<double>(Draws);
        for (int draw = 0; draw < Draws; draw++)
        {
            int right = 0, rightWhole = 0;
            for (int i = 0; i < method.Length; i++)
            {
                int question = random.Next(method.Length);
                right += method[question] ? 1 : 0;
                rightWhole += baseline[question] ? 1 : 0;
            }
            if (rightWhole > 0)
                kept.Add((double)right / rightWhole);
        }
        if (kept.Count == 0)
            return (double.NaN, double.NaN);
        kept.Sort();
        return (kept[(int)(0.025 * (kept.Count - 1))], kept[(int)Math.Ceiling(0.975 * (kept.Count - 1))]);
    }
}
