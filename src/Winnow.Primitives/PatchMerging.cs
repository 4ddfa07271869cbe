using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>
/// ToMe's step where any number of class tokens stand before the patches: they take no part, and what stays keeps its order (TempMe, arXiv
/// 2409.01156; TESTA, arXiv 2310.19060).
/// </summary>
/// <remarks>With one class token it is ToMe's own step, <see cref="AlternateMerging"/>.</remarks>
public static class PatchMerging
{
    /// <summary>Adds what becomes of a sequence to a plan: class tokens, the sources that stay, in order, then all targets.</summary>
    /// <param name="plan">The plan to extend.</param>
    /// <param name="metric"><c>[S, D]</c>: what is compared, for all rows of the plan's source.</param>
    /// <param name="sizes"><c>[S]</c>: sizes of all rows.</param>
    /// <param name="special">Rows of the class tokens, in order.</param>
    /// <param name="patches">Rows of the patches, in order: those at even places of the whole sequence propose to the others.</param>
    /// <param name="pairs">How many to merge, at most as many as propose.</param>
    /// <param name="parallel">How the products are spread over threads; null for none.</param>
    /// <returns>The matching, in rows of the whole source.</returns>
    public static SourceMatching Merge(
        ReductionPlanBuilder plan,
        TokenMatrix metric,
        IReadOnlyList<float> sizes,
        int[] special,
        int[] patches,
        int pairs,
        ParallelFor? parallel = null)
    {
        foreach (int row in special)
            plan.Keep(row, sizes[row]);
        if (pairs == 0)
        {
            foreach (int row in patches)
                plan.Keep(row, sizes[row]);
            return SourceMatching.Of(metric, [], [], 0);
        }
        int[] sources = [.. patches.Where((_, place) => (special.Length + place) % 2 == 0)];
        int[] targets = [.. patches.Where((_, place) => (special.Length + place) % 2 == 1)];
        var matching = SourceMatching.Of(metric, sources, targets, pairs, parallel);
        // Not by row: a joined sequence may list its rows in any order.
        foreach (int source in matching.Refused.Order())
            plan.Keep(matching.Sources[source], sizes[matching.Sources[source]]);
        AlternateMerging.EmitTargets(plan, matching, sizes);
        return matching;
    }
}
