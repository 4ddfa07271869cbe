using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Tests.Primitives;
using Winnow.Video;

namespace Winnow.Tests.Methods;

public class FreeVideoLlmTests
{
    [Fact]
    public void Crop_is_a_rectangle_around_what_the_question_asks_for()
    {
        // Only the places of the lower right corner are like the question.
        var grid = new TokenGrid(1, 6, 8);
        ReductionPlan plan = Reduce(
            grid,
            new FreeVideoLlm.Options
            {
                SlowFrames = 1,
                MiddleFrames = 0,
                FastFrames = 0,
                SlowPooling = FramePooling.None,
                CropRatio = 0.25
            },
            (_, row, column) => row >= 3 && column >= 4);

        // Their mean row is 4 and their mean column 5 (of 5.5); the window is 3 x 4.
        int[] expected = [.. from row in Enumerable.Range(3, 3) from column in Enumerable.Range(3, 4) select row * 8 + column];
        Assert.Equal(expected, plan.Places);
    }

    [Fact]
    public void Frames_close_to_the_question_come_first_then_even_ones_then_tiny_grids()
    {
        var grid = new TokenGrid(6, 4, 4);
        ReductionPlan plan = Reduce(grid,
            new FreeVideoLlm.Options { SlowFrames = 2, MiddleFrames = 3, FastRows = 1, FastColumns = 1, FastFrames = 6, CropRatio = 1 },
            (frame, _, _) => frame is 1 or 4);

        Assert.Equal([1, 4], plan.Trace.Find<int>("slow_frames")!);
        Assert.Equal([0, 2, 4], plan.Trace.Find<int>("middle_frames")!);
        Assert.Equal(5 * 8 + 6, plan.Count);
        Assert.Equal([1, 4, 0, 2, 4, 0, 1, 2, 3, 4, 5], plan.Places.Select(grid.FrameOf).Aggregate(new List<int>(),
            (runs, frame) => runs.Count > 0 && runs[^1] == frame ? runs : [.. runs, frame]));
    }

    [Fact]
    public void Odd_column_is_pooled_alone_unless_reproducing()
    {
        var grid = new TokenGrid(1, 3, 3);
        var options = new FreeVideoLlm.Options { SlowFrames = 1, MiddleFrames = 0, FastFrames = 0, CropRatio = 1 };

        Assert.Equal(6, Reduce(grid, options, (_, _, _) => true).Count);
        Assert.Equal(4, Reduce(grid, options with { Reproduce = true }, (_, _, _) => true).Count);
    }

    [Fact]
    public void Crop_that_the_official_grid_does_not_hold_is_refused_when_reproducing()
    {
        var options = new FreeVideoLlm.Options { SlowFrames = 1, SlowPooling = FramePooling.SquareMean, Reproduce = true };

        Assert.Contains("cropRatio", Assert.Throws<ArgumentException>(
            () => Reduce(new TokenGrid(1, 4, 4), options, (_, _, _) => true)).Message, StringComparison.Ordinal);
    }

    private static ReductionPlan Reduce(TokenGrid grid, FreeVideoLlm.Options options, Func<int, int, int, bool> isAskedFor)
    {
        float[] image = [.. Enumerable.Range(0, grid.Count).SelectMany(token =>
            isAskedFor(grid.FrameOf(token), grid.PlaceOf(token) / grid.Columns, grid.PlaceOf(token) % grid.Columns)
                ? new float[] { 1, 0 }
                : [0, 1])];
        return new FreeVideoLlm(options)
            .Reduce(new ReductionInput(Samples.Vectors(3, grid.Count, 5), grid, new Dictionary<SignalRequest, SignalValue>
            {
                [new SignalRequest(Signal.TextEmbeddings)] = new(new float[] { 1, 0 }, 1, 2),
                [new SignalRequest(Signal.ImageEmbeddings)] = new(image, grid.Frames, grid.TokensPerFrame, 2),
            }));
    }
}
