using Winnow.Primitives;

namespace Winnow.Tests.Primitives;

public class SegmentationTests
{
    [Fact]
    public void Cuts_below_a_threshold_are_strict() => Assert.Equal([1], Segmentation.CutsBelow([0.9, 0.89, 0.95], 0.9));

    [Fact]
    public void Lowest_cuts_prefer_the_earlier_of_equals() => Assert.Equal([0, 2], Segmentation.CutsLowest([0.5, 0.9, 0.5, 0.5], 2));

    [Fact]
    public void Both_rules_are_united() => Assert.Equal([0, 1, 3], Segmentation.CutsBelowOrLowest([0.3, 0.6, 0.9, 0.1], 0.7, 2));

    [Fact]
    public void Segments_lie_between_the_cuts()
    {
        Assert.Equal([new Segment(0, 2), new Segment(2, 3)], Segmentation.FromCuts([1], 5));
        Assert.Equal([new Segment(0, 1)], Segmentation.FromCuts([], 1));
    }

    [Fact]
    public void Segments_of_labels_are_their_longest_runs() =>
        Assert.Equal([new Segment(0, 2), new Segment(2, 1), new Segment(3, 2)], Segmentation.FromLabels([4, 4, 1, 4, 4]));
}
