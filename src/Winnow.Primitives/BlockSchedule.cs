namespace Winnow.Primitives;

/// <summary>How many tokens leave in each block of the vision encoder.</summary>
public static class BlockSchedule
{
    /// <summary>The same number in each block, or, with a slope, numbers on a straight line around it (ToMe).</summary>
    /// <param name="blocks">Number of blocks, at least 1.</param>
    /// <param name="perBlock">r, zero or more.</param>
    /// <param name="slope">From -1, falling from 2r to 0, to 1, rising to 2r; 0 is constant. Has no effect on a single block.</param>
    public static int[] Line(int blocks, int perBlock, double slope)
    {
        int[] schedule = new int[blocks];
        double low = Math.Truncate(perBlock * (1 - slope)), high = 2 * perBlock - low, step = blocks > 1 ? (high - low) / (blocks - 1) : 0;
        for (int block = 0; block < blocks; block++)
            schedule[block] = blocks > 1 ? (int)(low + step * block) : perBlock;
        return schedule;
    }

    /// <summary>As equally as it goes, so that a share of the tokens is left after the last block.</summary>
    /// <param name="blocks">Number of blocks, at least 1.</param>
    /// <param name="tokens">Tokens of a sequence.</param>
    /// <param name="retention">Share that is left, in (0, 1]; at least one token.</param>
    public static int[] Retain(int blocks, int tokens, double retention) =>
        Budgets.Equal(tokens - Math.Max(1, Budgets.Round(retention * tokens, Rounding.Floor)), blocks);
}
