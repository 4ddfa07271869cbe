namespace Winnow.Primitives;

/// <summary>Pairs every source token with its most similar target; the best pairs are merged or dropped by the caller.</summary>
/// <param name="Partner"><c>[sources]</c>: number of the target, the first of equals.</param>
/// <param name="Score"><c>[sources]</c>: similarity to it.</param>
public sealed record BipartiteMatching(int[] Partner, double[] Score)
{
    /// <summary>Matches the rows of a matrix (sources) with its columns (targets).</summary>
    /// <param name="similarity"><c>[sources, targets]</c>, at least one target.</param>
    public static BipartiteMatching Of(RealMatrix similarity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(similarity.Columns);
        int[] partner = new int[similarity.Rows];
        double[] score = new double[similarity.Rows];
        for (int i = 0; i < partner.Length; i++)
        {
            ReadOnlySpan<double> row = similarity[i];
            for (int j = 1; j < row.Length; j++)
                if (row[j] > row[partner[i]])
                    partner[i] = j;
            score[i] = row[partner[i]];
        }
        return new BipartiteMatching(partner, score);
    }

    /// <summary>All sources, the best matched first; equal scores by rising number.</summary>
    public int[] ByScore() => TopK.Largest(Score, Score.Length, EmitBy.Score);
}
