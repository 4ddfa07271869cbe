namespace Winnow.Methods;

/// <summary>SparseVLM's published budgets, carried over to any number of tokens and any retention.</summary>
internal static class SparseVlmSchedule
{
    private const double Tokens = 576;

    // Average over the layers, then what stays after the sparse layers, of 576 tokens.
    private static readonly int[][] Schedule =
        [[0, 0, 0, 0], [64, 66, 30, 17], [96, 238, 48, 26], [128, 303, 110, 36], [192, 300, 200, 110], [576, 576, 576, 576]];
    private static readonly int[][] Plus =
        [[0, 0, 0, 0], [64, 66, 34, 20], [96, 246, 54, 28], [128, 238, 108, 60], [192, 300, 200, 118], [576, 576, 576, 576]];

    /// <summary>Tokens that stay after a stage: on the line between the two targets around the retention, rounded down.</summary>
    /// <param name="isPlus">Whether it is SparseVLM+.</param>
    /// <param name="stage">Number of the stage; further ones than the published three are as the last.</param>
    /// <param name="retention">Wanted average over the layers.</param>
    /// <param name="visual">Visual rows at the start.</param>
    public static int Budget(bool isPlus, int stage, double retention, int visual)
    {
        int[][] table = isPlus ? Plus : Schedule;
        double target = retention * Tokens;
        int above = Math.Max(1, Array.FindIndex(table, row => row[0] >= target)), column = Math.Min(stage, 2) + 1;
        (int[] low, int[] high) = (table[above - 1], table[above]);
        double share = (low[column] + (high[column] - low[column]) * (target - low[0]) / (high[0] - low[0])) / Tokens;
        return (int)Math.Floor(share * visual);
    }
}
