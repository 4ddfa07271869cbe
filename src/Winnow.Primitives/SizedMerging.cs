using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>Writes tokens into a plan that may stand for several patches already, and so weigh by their size.</summary>
public static class SizedMerging
{
    /// <summary>Keeps a token with its size.</summary>
    public static void Keep(this ReductionPlanBuilder plan, int token, float size) => plan.Sum(token, [token], [1f], size);

    /// <summary>Keeps a token with its size; others, which leave no trace in it, follow it.</summary>
    /// <param name="plan">The plan to extend.</param>
    /// <param name="token">The token that is kept.</param>
    /// <param name="size">Its size.</param>
    /// <param name="followers">Tokens that are dropped.</param>
    public static void Keep(this ReductionPlanBuilder plan, int token, float size, IReadOnlyCollection<int> followers) =>
        plan.Sum(token, [token, .. followers], [1f, .. new float[followers.Count]], size);

    /// <summary>Emits the mean of tokens weighted by their sizes; it has the sum of the sizes.</summary>
    /// <param name="plan">The plan to extend.</param>
    /// <param name="token">The token under which the mean is kept.</param>
    /// <param name="others">The tokens merged into it; it is not among them.</param>
    /// <param name="sizes">Size of every token of the source.</param>
    public static void MergeInto(this ReductionPlanBuilder plan, int token, IReadOnlyCollection<int> others, IReadOnlyList<float> sizes)
    {
        double total = sizes[token];
        foreach (int other in others)
            total += sizes[other];
        int[] members = [token, .. others];
        plan.Sum(token, members, Array.ConvertAll(members, member => (float)(sizes[member] / total)), (float)total);
    }
}
