using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// The blocks of the vision encoder between whose attention and MLP a method leaves a share of the rows, and how many that are.
/// </summary>
internal sealed class EncoderStages
{
    // Products of shares come out a rounding error above a whole number; this much is forgiven when rounding up.
    private const double Slack = 1e-9;

    // The fourth, seventh and tenth of twelve blocks, counted from 0.
    private static readonly int[] PaperBlocks = [3, 6, 9];
    private const int PaperDepth = 12;

    private readonly int[] _blocks;
    private readonly double? _keep;
    private readonly double _retention;

    /// <summary>Fits the stages to an encoder.</summary>
    /// <param name="blocks">0-based blocks; null for the fourth, seventh and tenth of twelve, at the same shares of the depth.</param>
    /// <param name="keep">Share that each stage leaves of the rows that come to it; null follows the retention.</param>
    /// <param name="retention">Share of the first rows that the last stage leaves where <paramref name="keep"/> is null.</param>
    /// <param name="layers">Blocks of the loaded encoder.</param>
    /// <exception cref="ArgumentException">The encoder does not have the blocks.</exception>
    public EncoderStages(IReadOnlyList<int>? blocks, double? keep, double retention, int layers) =>
        (_blocks, _keep, _retention) = (EncoderBlocks.Of(blocks, PaperBlocks, PaperDepth, layers), keep, retention);

    /// <summary>Whether a point is a stage.</summary>
    public bool IsAt(EncoderPoint point) => point.Moment == EncoderMoment.AfterAttention && _blocks.Contains(point.Layer);

    /// <summary>Rows that a stage leaves, at least one where there are any: rounded up, and no more than there are.</summary>
    /// <param name="point">The stage.</param>
    /// <param name="present">Rows that come to it.</param>
    /// <param name="first">Rows before the first stage.</param>
    public int Left(EncoderPoint point, int present, int first)
    {
        double stage = Array.IndexOf(_blocks, point.Layer) + 1;
        double wanted = _keep is { } share ? share * present : Math.Pow(_retention, stage / _blocks.Length) * first;
        return Math.Min(present, Budgets.Round(Math.Max(0, wanted - Slack), Rounding.Ceiling));
    }
}
