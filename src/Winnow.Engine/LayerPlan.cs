using Winnow.Models.Prefill;
using Winnow.Reduction;

namespace Winnow.Engine;

/// <summary>What was left of a video at a place inside the language model.</summary>
/// <param name="Layer">0-based layer at which rows left.</param>
/// <param name="Plan">What is left, over the video's tokens before any reduction; rows that were merged hold the sources of all.</param>
public sealed record LayerPlan(int Layer, ReductionPlan Plan)
{
    /// <summary>Brings rows of a prompt back to the tokens of the video.</summary>
    /// <param name="cut">Which rows were left.</param>
    /// <param name="tokens">
    /// For each visual row the token of the reduction before, or of the video where there was none; -1 for a newline vector.
    /// </param>
    /// <param name="before">The reduction before the language model; null for none.</param>
    /// <param name="sourceCount">Tokens of the video.</param>
    internal static LayerPlan Of(PrefillCut cut, IReadOnlyList<int> tokens, ReductionPlan? before, int sourceCount)
    {
        var builder = new ReductionPlanBuilder(sourceCount);
        IEnumerable<IGrouping<int, int>> left = Enumerable.Range(0, tokens.Count)
            .Where(row => tokens[row] >= 0 && cut.WentInto[row] is >= 0 and var into && tokens[into] >= 0)
            .GroupBy(row => cut.WentInto[row])
            .OrderBy(group => group.Key);
        foreach (IGrouping<int, int> group in left)
        {
            int token = tokens[group.Key];
            builder.Mean(before is null ? token : before.Places[token], [.. group.SelectMany(row => Sources(tokens[row])).Distinct()]);
        }
        return new LayerPlan(cut.Point.Layer, builder.Build(before?.Trace));

        IEnumerable<int> Sources(int token) =>
            before is null
                ? [token]
                : Enumerable.Range(before.Offsets[token], before.Offsets[token + 1] - before.Offsets[token])
                    .Select(entry => before.Sources[entry]);
    }
}
