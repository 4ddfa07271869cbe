using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests.Methods;

/// <summary>What the recordings of STTM do not reach: thresholds from a retention, its place in a prompt, refused grids.</summary>
public class SttmTests
{
    private static readonly GeneratedPrompt Prompt = new(new TokenGrid(4, 4, 4), 5, 7, newline: true, seed: 9);

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.6)]
    [InlineData(0.9)]
    public void Retention_is_met_by_the_highest_thresholds_that_leave_no_more(double retention)
    {
        GeneratedPrompt.Outcome outcome = Prompt.Run(new Sttm(new Sttm.Options { Retention = retention, RootLevel = 0 }));

        // The newline vector stays besides. A cell that is split adds three tokens or more.
        Assert.InRange(outcome.VisualCount - 1, retention * 64 - 8, retention * 64);
        Assert.Equal(Enumerable.Range(0, outcome.Positions.Length), outcome.Positions);
    }

    [Fact]
    public void Thresholds_above_one_merge_nothing_and_no_temporal_one_merges_inside_frames_alone()
    {
        var grid = new TokenGrid(3, 4, 4);
        float[] values = [.. Enumerable.Range(0, grid.Count).SelectMany(place => new[] { 1f, grid.FrameOf(place) })];
        var tokens = new TokenMatrix(values, 2);

        Assert.Equal(48, Merge(1.1, 1.1).Groups.Count);
        Sttm.Merged spatial = Merge(0.9, 0);
        Assert.Equal((12, 0), (spatial.Groups.Count, spatial.Pairs.Count));
        // Frames 1 and 2 are alike, frame 0 is like frame 1 at no more than 0.71.
        Assert.Equal(8, Merge(0.9, 0.9).Groups.Count);
        Assert.Equal(4, Merge(0.9, 0.7).Groups.Count);

        Sttm.Merged Merge(double spatialThreshold, double temporalThreshold) => new Sttm(new Sttm.Options
        {
            RootLevel = 0,
            SpatialThreshold = spatialThreshold,
            TemporalThreshold = temporalThreshold,
        }).Merge(tokens, grid);
    }

    [Fact]
    public void Layer_may_be_the_first()
    {
        GeneratedPrompt.Outcome outcome = Prompt.Run(new Sttm(new Sttm.Options { Layer = 0, Retention = 0.5, RootLevel = 0 }));

        Assert.InRange(outcome.VisualCount, 17, 33);
    }

    [Fact]
    public void Grid_with_holes_is_refused_with_a_remedy()
    {
        PrefillContext holed = Prompt.Context with { Grid = new TokenGrid(4, 4, 5) };

        string message = Assert.Throws<ArgumentException>(() => new Sttm(new Sttm.Options()).Begin(holed)).Message;

        Assert.Contains("64 of 80", message, StringComparison.Ordinal);
        Assert.Contains("Combine it with no method", message, StringComparison.Ordinal);
    }
}
