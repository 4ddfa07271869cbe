namespace Winnow.Evaluation;

/// <summary>Which settings no other beats in both cost and accuracy.</summary>
public static class ParetoFront
{
    /// <summary>The indices of the settings on the front, by rising cost.</summary>
    /// <param name="points">Cost (less is better) and accuracy (more is better) of each setting.</param>
    /// <returns>Of settings with equal cost and accuracy the first.</returns>
    public static IReadOnlyList<int> Of(IReadOnlyList<(double Cost, double Accuracy)> points)
    {
        var front = new List<int>();
        foreach (int i in Enumerable.Range(0, points.Count).OrderBy(i => points[i].Cost).ThenByDescending(i => points[i].Accuracy))
            if (front.Count == 0 || points[i].Accuracy > points[front[^1]].Accuracy)
                front.Add(i);
        return front;
    }
}
