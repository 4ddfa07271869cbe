using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Tests;

public class ShotsTests
{
    [Fact]
    public void Frames_are_shared_out_by_length_and_every_shot_has_one()
    {
        // Shots of 12, 1 and 7 candidates.
        FrameChoice choice = Select([.. Enumerable.Repeat(0, 12), 1, .. Enumerable.Repeat(2, 7)], wanted: 6);

        Assert.Equal([0, 12, 13], choice.Trace.Find<int>(PlanTrace.SegmentStarts)!);
        Assert.Equal([2, 6, 10, 12, 14, 18], choice.Indices);
    }

    [Fact]
    public void More_shots_than_frames_leave_the_sharpest_cuts()
    {
        // Colour 1 differs from 0 by half, colour 2 from both by all.
        FrameChoice choice = Select([0, 0, 1, 1, 2, 2, 2, 1], wanted: 3);

        Assert.Equal([0, 4, 7], choice.Trace.Find<int>(PlanTrace.SegmentStarts)!);
        Assert.Equal([2, 5, 7], choice.Indices);
    }

    [Fact]
    public void Without_a_cut_frames_are_spread_evenly() =>
        Assert.Equal([1, 4, 7], Select([.. Enumerable.Repeat(0, 9)], wanted: 3).Indices);

    private static FrameChoice Select(int[] colours, int wanted)
    {
        float[][] histograms = [[1, 0, 0], [0.5f, 0.5f, 0], [0, 0, 1]];
        var signals = new Dictionary<SignalRequest, SignalValue>
        {
            [new SignalRequest(Signal.FrameHistograms)] = new(
                colours.SelectMany(colour => histograms[colour]).ToArray(), colours.Length, 3),
        };
        return new Shots(new Shots.Options()).Select(new FrameCandidates(
            [.. Enumerable.Range(0, colours.Length).Select(second => TimeSpan.FromSeconds(second))], wanted, signals));
    }
}
