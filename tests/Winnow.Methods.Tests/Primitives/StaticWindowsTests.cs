using Winnow.Primitives;

namespace Winnow.Tests.Primitives;

public class StaticWindowsTests
{
    [Theory]
    [InlineData(1, 4, 1024)]
    [InlineData(7, 3, 1024)]
    [InlineData(9, 5, 3)]
    [InlineData(8, 2, 1)]
    public void Gain_is_the_best_of_all_segmentations(int frames, int tokens, int longest)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            bool[] unchanged = [.. Samples.Numbers(seed, (frames - 1) * tokens, 10).Select(value => value < 0.6)];

            (Segment[] segments, int gain) = StaticWindows.Choose(unchanged, tokens, frames, longest);

            Assert.Equal(Enumerable.Range(0, 1 << (frames - 1)).Select(mask => Split(mask, frames))
                .Where(split => split.All(segment => segment.Length <= longest))
                .Max(split => split.Sum(segment => Gain(unchanged, tokens, segment))), gain);
            Assert.Equal(gain, segments.Sum(segment => Gain(unchanged, tokens, segment)));
            Assert.Equal(Enumerable.Range(0, frames), segments.SelectMany(segment => Enumerable.Range(segment.Start, segment.Length)));
            Assert.All(segments, segment => Assert.InRange(segment.Length, 1, longest));
        }
    }

    [Fact]
    public void Equal_gains_leave_frames_alone() =>
        Assert.Equal([new Segment(0, 1), new Segment(1, 1), new Segment(2, 1)], StaticWindows.Choose([false, false], 1, 3, 8).Segments);

    private static Segment[] Split(int mask, int frames) =>
        Segmentation.FromCuts([.. Enumerable.Range(0, frames - 1).Where(t => (mask >> t & 1) == 1)], frames);

    private static int Gain(bool[] unchanged, int tokens, Segment segment) => (segment.Length - 1)
        * Enumerable.Range(0, tokens).Count(n =>
            segment.Length > 1 && Enumerable.Range(segment.Start, segment.Length - 1).All(t => unchanged[t * tokens + n]));
}
