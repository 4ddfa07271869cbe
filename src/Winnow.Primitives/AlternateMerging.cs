using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>
/// ToMe's step on one sequence: even places propose to odd ones, and accepted proposals are merged, weighted by size (arXiv 2210.09461,
/// section 3).
/// </summary>
public static class AlternateMerging
{
    /// <summary>Adds what becomes of a sequence to a plan: the sources that stay, then all targets.</summary>
    /// <param name="plan">The plan to extend.</param>
    /// <param name="metric"><c>[S, D]</c>: what is compared, for all rows of the plan's source.</param>
    /// <param name="sizes"><c>[S]</c>: sizes of all rows.</param>
    /// <param name="start">First row of the sequence.</param>
    /// <param name="count">Rows of the sequence.</param>
    /// <param name="pairs">How many to merge; where the sequence has fewer, as many as it has.</param>
    /// <param name="special">Rows at its head that are exempt: 1 for a class token at place 0, 2 for a second one at place 1.</param>
    /// <param name="parallel">How the products are spread over threads; null for none.</param>
    /// <returns>The matching, in rows of the whole source.</returns>
    /// <remarks>
    /// With a class token the sources that stay are sorted by place; without one they stand by falling similarity, as in the official code.
    /// </remarks>
    public static SourceMatching Merge(
        ReductionPlanBuilder plan, TokenMatrix metric, IReadOnlyList<float> sizes,
        int start, int count, int pairs, int special = 0, ParallelFor? parallel = null)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(special, 2);
        int accepted = Math.Clamp(pairs, 0, Math.Max(0, (count - special) / 2));
        if (accepted == 0)
        {
            for (int row = start; row < start + count; row++)
                plan.Keep(row, sizes[row]);
            return SourceMatching.Of(metric, [], [], 0);
        }
        int[] sources = [.. Places(start, count, special > 0 ? 2 : 0)], targets = [.. Places(start, count, special > 1 ? 3 : 1)];
        var matching = SourceMatching.Of(metric, sources, targets, accepted, parallel);
        for (int row = start; row < start + special; row++)
            plan.Keep(row, sizes[row]);
        int[] staying = matching.RefusedTokens();
        if (special > 0)
            Array.Sort(staying);
        foreach (int row in staying)
            plan.Keep(row, sizes[row]);
        EmitTargets(plan, matching, sizes);
        return matching;
    }

    /// <summary>Adds every target, merged with the sources that it accepted.</summary>
    public static void EmitTargets(ReductionPlanBuilder plan, SourceMatching matching, IReadOnlyList<float> sizes)
    {
        int[][] groups = matching.Groups();
        for (int target = 0; target < groups.Length; target++)
            plan.MergeInto(matching.Targets[target], groups[target], sizes);
    }

    private static IEnumerable<int> Places(int start, int count, int first)
    {
        for (int place = first; place < count; place += 2)
            yield return start + place;
    }
}
