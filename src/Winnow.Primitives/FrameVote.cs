using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>
/// Which odd frame each even frame is most like, by a vote of all patch places (TESTA, arXiv 2310.19060, testa/merge.py with merging_type
/// frame).
/// </summary>
/// <param name="Targets"><c>[ceil(T / 2)]</c>: number, among the odd frames, of the one that most places of each even frame name.</param>
/// <param name="Confidence">
/// <c>[ceil(T / 2)]</c>: the most frequent of the float32 similarities of an even frame's places to their best; where all differ, the
/// least.
/// </param>
/// <param name="Votes"><c>[N * ceil(T / 2)]</c>: what each place names, place by place.</param>
/// <param name="Similarities"><c>[N * ceil(T / 2)]</c>: how similar it is there.</param>
public sealed record FrameVote(int[] Targets, double[] Confidence, int[] Votes, double[] Similarities)
{
    /// <summary>Takes the vote.</summary>
    /// <param name="metric"><c>[n, D]</c>: what is compared, by cosine.</param>
    /// <param name="starts"><c>[T]</c>: the row of each frame's first place, at least two frames.</param>
    /// <param name="places">Places of a frame (N), in rows that follow each other.</param>
    public static FrameVote Of(TokenMatrix metric, int[] starts, int places)
    {
        int[] even = [.. starts.Where((_, frame) => frame % 2 == 0)], odd = [.. starts.Where((_, frame) => frame % 2 == 1)];
        int[] votes = new int[places * even.Length];
        double[] similarities = new double[votes.Length];
        for (int place = 0; place < places; place++)
        {
            int[] sources = Array.ConvertAll(even, start => start + place), targets = Array.ConvertAll(odd, start => start + place);
            var matching = SourceMatching.Of(metric, sources, targets, 0);
            matching.Partners.CopyTo(votes, place * even.Length);
            matching.Scores.CopyTo(similarities, place * even.Length);
        }
        return new FrameVote(
            [.. Enumerable.Range(0, even.Length).Select(i => MostFrequent(OfFrame(votes, i)))],
            [.. Enumerable.Range(0, even.Length).Select(i => (double)MostFrequent(OfFrame(similarities, i).Select(value => (float)value)))],
            votes,
            similarities);

        IEnumerable<T> OfFrame<T>(T[] values, int frame) => values.Where((_, i) => i % even.Length == frame);
    }

    private static T MostFrequent<T>(IEnumerable<T> values) =>
        values.GroupBy(value => value).OrderByDescending(group => group.Count()).ThenBy(group => group.Key).First().Key;
}
