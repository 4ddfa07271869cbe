using FsCheck;
using FsCheck.Fluent;
using Winnow.Primitives;

namespace Winnow.Tests.Primitives;

public class LabelRunsTests
{
    [Theory]
    [InlineData(new[] { 1, 1, 0, 1, 1, 1 }, new[] { 1, 1, 1, 1, 1, 1 })]
    [InlineData(new[] { 2, 2, 5, 3, 3 }, new[] { 2, 2, 2, 3, 3 })]
    [InlineData(new[] { 2, 2, 5, 3, 3, 3 }, new[] { 2, 2, 3, 3, 3, 3 })]
    [InlineData(new[] { 4, 6, 5 }, new[] { 0, 0, 0 })]
    [InlineData(new[] { 7, 1, 1 }, new[] { 1, 1, 1 })]
    [InlineData(new[] { 1, 1, 2, 2, 1, 1 }, new[] { 1, 1, 2, 2, 1, 1 })]
    public void Short_runs_join_the_longer_neighbour(int[] labels, int[] expected) => Assert.Equal(expected, LabelRuns.Clean(labels));

    [Fact]
    public void No_frame_stands_alone() => Prop.ForAll(Arb.From(Gen.Choose(0, 3).NonEmptyListOf()), labels =>
    {
        int[] clean = LabelRuns.Clean([.. labels]);

        Assert.Equal(labels.Count, clean.Length);
        Assert.True(clean.Length == 1 || Segmentation.FromLabels(clean).All(segment => segment.Length > 1));
    }).QuickCheckThrowOnFailure();
}
