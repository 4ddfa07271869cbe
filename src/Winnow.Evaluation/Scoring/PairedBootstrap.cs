namespace Winnow.Evaluation;

/// <summary>How sure the share of accuracy kept is: the questions are drawn again with replacement, each with both its outcomes.</summary>
/// <remarks>
/// Percentile interval of the paired bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, chapter 13). The draws are made
/// once and used for every method. Where accuracy is a mean over groups, each group is drawn from by itself.
/// </remarks>
public sealed class PairedBootstrap
{
    private const int Draws = 2000;

    private readonly int[] _groups;
    private readonly int[] _groupSizes;
    private readonly byte[] _counts;

    /// <summary>Draws.</summary>
    /// <param name="questions">Number of questions, at least 1.</param>
    /// <param name="groups">
    /// Group of each question, from 0 without gaps, for a mean over groups; null where every question counts alike.
    /// </param>
    /// <param name="seed">Seed of the draws.</param>
    /// <exception cref="ArgumentException">There are no questions, or the groups do not fit.</exception>
    public PairedBootstrap(int questions, IReadOnlyList<int>? groups = null, int seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(questions);
        if (groups is not null && groups.Count != questions)
            throw new ArgumentException($"There are {questions} questions and groups for {groups.Count}.", nameof(groups));
        _groups = groups is null ? new int[questions] : [.. groups];
        _groupSizes = new int[_groups.Max() + 1];
        foreach (int group in _groups)
            _groupSizes[group]++;
        _counts = Draw(new Random(seed));
    }

    /// <summary>95% interval of (accuracy of the method) / (accuracy of the baseline).</summary>
    /// <param name="method">Outcome of each question with the method.</param>
    /// <param name="baseline">Outcome of the same questions, in the same order, without it.</param>
    /// <returns>Lower and upper bound; (1, 1) for equal outcomes. NaN where the baseline answers nothing right.</returns>
    /// <exception cref="ArgumentException">A length is not the number of questions.</exception>
    public (double Low, double High) KeptInterval(ReadOnlySpan<bool> method, ReadOnlySpan<bool> baseline)
    {
        List<double> kept = Kept(method, baseline);
        if (kept.Count == 0)
            return (double.NaN, double.NaN);
        kept.Sort();
        return (kept[(int)(0.025 * (kept.Count - 1))], kept[(int)Math.Ceiling(0.975 * (kept.Count - 1))]);
    }

    /// <summary>
    /// Share of the draws in which the method keeps at least a share of the baseline's accuracy: how sure it is that it does.
    /// </summary>
    /// <param name="method">As for <see cref="KeptInterval"/>.</param>
    /// <param name="baseline">As for <see cref="KeptInterval"/>.</param>
    /// <param name="target">The share, such as 0.99.</param>
    /// <returns>In [0, 1]; 0 where the baseline answers nothing right.</returns>
    /// <exception cref="ArgumentException">A length is not the number of questions.</exception>
    public double ShareReaching(ReadOnlySpan<bool> method, ReadOnlySpan<bool> baseline, double target)
    {
        List<double> kept = Kept(method, baseline);
        return kept.Count == 0 ? 0 : (double)kept.Count(share => share >= target) / kept.Count;
    }

    private List<double> Kept(ReadOnlySpan<bool> method, ReadOnlySpan<bool> baseline)
    {
        int questions = _groups.Length;
        if (method.Length != questions || baseline.Length != questions)
            throw new ArgumentException(
                $"The paired bootstrap needs the outcomes of {questions} questions; there are {method.Length} and {baseline.Length}.",
                nameof(method));
        double[] weights = [.. _groups.Select(group => 1.0 / _groupSizes[group])];
        var kept = new List<double>(Draws);
        for (int draw = 0; draw < Draws; draw++)
        {
            ReadOnlySpan<byte> counts = _counts.AsSpan(draw * questions, questions);
            double right = 0, rightWhole = 0;
            for (int i = 0; i < questions; i++)
            {
                double weight = counts[i] * weights[i];
                right += method[i] ? weight : 0;
                rightWhole += baseline[i] ? weight : 0;
            }
            if (rightWhole > 0)
                kept.Add(right / rightWhole);
        }
        return kept;
    }

    private byte[] Draw(Random random)
    {
        int questions = _groups.Length;
        int[][] members = [.. _groupSizes.Select((_, group) => Enumerable.Range(0, questions).Where(i => _groups[i] == group).ToArray())];
        var counts = new byte[Draws * questions];
        for (int draw = 0; draw < Draws; draw++)
            foreach (int[] group in members)
                for (int i = 0; i < group.Length; i++)
                    checked
                    {
                        counts[draw * questions + group[random.Next(group.Length)]]++;
                    }
        return counts;
    }
}
