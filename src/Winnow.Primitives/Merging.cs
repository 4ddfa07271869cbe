using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>Writes groups of tokens into a plan.</summary>
public static class Merging
{
    /// <summary>The members of every cluster.</summary>
    /// <param name="labels"><c>[n]</c>: number of each point's cluster.</param>
    /// <param name="clusters">Number of clusters.</param>
    /// <returns>Rising members of each cluster.</returns>
    public static int[][] Members(ReadOnlySpan<int> labels, int clusters)
    {
        var members = new List<int>[clusters];
        for (int c = 0; c < clusters; c++)
            members[c] = [];
        for (int i = 0; i < labels.Length; i++)
            members[labels[i]].Add(i);
        return Array.ConvertAll(members, list => list.ToArray());
    }

    /// <summary>Emits a token into which others are averaged one after another: each time the mean of what it is by then and the
    /// next.</summary>
    /// <param name="plan">The plan to extend.</param>
    /// <param name="token">Source token under whose index the result is kept.</param>
    /// <param name="others">Source tokens in the order in which they come; the last weighs a half.</param>
    public static void Halving(this ReductionPlanBuilder plan, int token, ReadOnlySpan<int> others)
    {
        if (others.IsEmpty)
        {
            plan.Keep(token);
            return;
        }
        float[] weights = new float[others.Length + 1];
        float share = 1;
        for (int i = others.Length; i > 0; i--)
            weights[i] = share /= 2;
        weights[0] = share;
        plan.Sum(token, [token, .. others], weights, weights.Length);
    }

    /// <summary>Emits <c>weight * centre + (1 - weight) * mean(others)</c>; the centre alone where there are no others.</summary>
    /// <param name="plan">The plan to extend.</param>
    /// <param name="centre">Source token under whose index the result is kept.</param>
    /// <param name="others">Source tokens; the centre may be among them.</param>
    /// <param name="weight">Share of the centre, from 0 to 1.</param>
    public static void Around(this ReductionPlanBuilder plan, int centre, ReadOnlySpan<int> others, double weight)
    {
        if (others.IsEmpty)
        {
            plan.Keep(centre);
            return;
        }
        int[] members = [centre, .. others];
        float[] weights = new float[members.Length];
        Array.Fill(weights, (float)((1 - weight) / others.Length));
        weights[0] = (float)weight;
        plan.Sum(centre, members, weights, others.Contains(centre) ? others.Length : members.Length);
    }

    /// <summary>Emits <c>weight * centre + (1 - weight) * mean(others)</c> of tokens that are themselves means of source tokens; the centre
    /// alone where there are no others.</summary>
    /// <param name="plan">The plan to extend.</param>
    /// <param name="place">Source token under whose index the result is kept.</param>
    /// <param name="centre">Source tokens whose mean is the centre.</param>
    /// <param name="others">Source tokens of each of the others; none is shared with the centre.</param>
    /// <param name="weight">Share of the centre, from 0 to 1.</param>
    public static void Around(this ReductionPlanBuilder plan, int place, ReadOnlySpan<int> centre, IReadOnlyCollection<int[]> others,
        double weight)
    {
        if (others.Count == 0)
        {
            plan.Mean(place, centre);
            return;
        }
        var members = new List<int>(centre.ToArray());
        List<float> weights = [.. Enumerable.Repeat((float)(weight / centre.Length), centre.Length)];
        foreach (int[] other in others)
        {
            members.AddRange(other);
            weights.AddRange(Enumerable.Repeat((float)((1 - weight) / others.Count / other.Length), other.Length));
        }
        plan.Sum(place, members.ToArray(), weights.ToArray(), members.Count);
    }
}
