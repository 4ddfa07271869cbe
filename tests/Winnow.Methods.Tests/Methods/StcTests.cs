using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Tests.Primitives;
using Winnow.Video;

namespace Winnow.Tests.Methods;

public class StcTests
{
    private static readonly TokenGrid Grid = new(5, 3, 4);

    /// <summary>The page's pruner with plain loops, with one memory of all channels.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Scores_agree_with_a_plain_reading_of_the_page(int chunkFrames)
    {
        TokenMatrix features = Samples.Vectors(7, Grid.Count, 8);
        double[] scores = new Stc(new Stc.Options { ChunkFrames = chunkFrames })
            .Reduce(new ReductionInput(features, Grid)).Trace.Find<double>("scores")!;

        var chunkMeans = new List<double[]>();
        for (int start = 0; start < 60; start += chunkFrames * 12)
        {
            int[] tokens = [.. Enumerable.Range(start, Math.Min(chunkFrames * 12, 60 - start))];
            double[] mean = [.. Enumerable.Range(0, 8).Select(c => tokens.Average(token => (double)features[token][c]))];
            chunkMeans.Add(mean);
            int[] channels =
                [.. Enumerable.Range(0, 8).OrderBy(c => tokens.Average(token => Math.Pow(features[token][c] - mean[c], 2))).Take(4)];
            double[] past = Unit([.. channels.Select(c => chunkMeans.Average(chunk => chunk[c]))]);
            foreach (int token in tokens)
            {
                double[][] frame =
                    [.. Enumerable.Range(token / 12 * 12, 12).Select(other => Unit([.. channels.Select(c => (double)features[other][c])]))];
                double[] average = [.. Enumerable.Range(0, 4).Select(c => frame.Average(direction => direction[c]))];
                Assert.Equal(Kernel(frame[token % 12], past) + Kernel(frame[token % 12], average), scores[token], 1e-9);
            }
        }
    }

    [Fact]
    public void Memory_is_read_by_channel_and_by_position_only_when_reproducing()
    {
        var input = new ReductionInput(Samples.Vectors(7, Grid.Count, 8), Grid);
        double[] sound = new Stc(new Stc.Options()).Reduce(input).Trace.Find<double>("scores")!;
        double[] official = new Stc(new Stc.Options { Reproduce = true }).Reduce(input).Trace.Find<double>("scores")!;

        Assert.Equal(sound[..12], official[..12]);
        Assert.NotEqual(sound[12..], official[12..]);
    }

    [Fact]
    public void Video_cut_into_other_chunks_than_it_has_frames_is_refused() =>
        Assert.Contains("5 frames", Assert.Throws<ArgumentException>(
            () => new Stc(new Stc.Options()).Reduce(new ReductionInput(Samples.Vectors(7, 60, 8), Grid), [2, 2])).Message,
            StringComparison.Ordinal);

    [Fact]
    public void More_tokens_of_a_frame_than_it_has_are_refused() =>
        Assert.Contains("keptPerFrame", Assert.Throws<ArgumentException>(
            () => new Stc(new Stc.Options { KeptPerFrame = 13 }).Reduce(new ReductionInput(Samples.Vectors(7, 60, 8), Grid))).Message,
            StringComparison.Ordinal);

    private static double Kernel(double[] a, double[] b)
    {
        double distance = a.Zip(b, (x, y) => (x - y) * (x - y)).Sum();
        return new[] { 0.125, 0.25, 0.5, 1, 2 }.Sum(width => Math.Exp(-distance / (2 * width)));
    }

    private static double[] Unit(double[] vector)
    {
        double norm = Math.Sqrt(vector.Sum(value => value * value));
        return [.. vector.Select(value => value / norm)];
    }
}
