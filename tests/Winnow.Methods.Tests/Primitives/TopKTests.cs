using FsCheck;
using FsCheck.Fluent;
using Winnow.Primitives;

namespace Winnow.Tests.Primitives;

public class TopKTests
{
    [Fact]
    public void Largest_agrees_with_a_stable_sort() => Prop.ForAll(Arb.From(
        from scores in Gen.Choose(-3, 3).ListOf()
        from count in Gen.Choose(0, scores.Count)
        select (scores: scores.Select(score => (double)score).ToArray(), count)), sample =>
    {
        int[] sorted = [.. Enumerable.Range(0, sample.scores.Length).OrderByDescending(i => sample.scores[i]).Take(sample.count)];

        Assert.Equal(sorted, TopK.Largest(sample.scores, sample.count, EmitBy.Score));
        Assert.Equal(sorted.Order(), TopK.Largest(sample.scores, sample.count, EmitBy.Place));
        Assert.Equal(sorted, TopK.Smallest([.. sample.scores.Select(score => -score)], sample.count, EmitBy.Score));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Not_a_number_comes_last() => Assert.Equal([2, 0], TopK.Largest([1.0, double.NaN, 2.0], 2, EmitBy.Score));

    [Fact]
    public void More_than_there_are_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => TopK.Largest([1.0], 2, EmitBy.Place));
}
