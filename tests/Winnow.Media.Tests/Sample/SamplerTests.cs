using FsCheck;
using FsCheck.Fluent;

namespace Winnow.Media.Tests.Sample;

/// <summary>The policies of specs/models/llava-onevision.md, section 4, with its check vectors.</summary>
public sealed class SamplerTests
{
    [Fact]
    public void Uniform_of_100_frames_gives_the_specified_indices() =>
        Assert.Equal([0, 14, 28, 42, 56, 70, 84, 99], Uniform(100, 8));

    [Fact]
    public void Uniform_of_900_frames_gives_the_specified_indices() =>
        Assert.Equal([.. Enumerable.Range(0, 31).Select(i => 29 * i), 899], Uniform(900, 32));

    [Fact]
    public void Uniform_steps_in_double_precision_not_in_whole_numbers() =>
        Assert.Equal(172, Uniform(520, 64)[21]);

    [Fact]
    public void Uniform_of_a_short_video_repeats_frames()
    {
        int[] indices = Uniform(10, 32);

        Assert.Equal(32, indices.Length);
        Assert.Equal([0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3], indices[..12]);
        Assert.Equal(9, indices[^1]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void Uniform_of_one_frame_takes_the_first(int frameCount) => Assert.Equal([0], Uniform(frameCount, 1));

    [Fact]
    public void Uniform_of_a_single_frame_video_repeats_it() => Assert.Equal([0, 0, 0, 0], Uniform(1, 4));

    [Fact]
    public void Uniform_indices_never_decrease_and_span_the_video() =>
        Prop.ForAll(Gen.Choose(1, 20_000).Zip(Gen.Choose(2, 300)).ToArbitrary(), pair =>
        {
            int[] indices = Uniform(pair.Item1, pair.Item2);
            return indices.Length == pair.Item2 && indices[0] == 0 && indices[^1] == pair.Item1 - 1
                && indices.Zip(indices.Skip(1)).All(next => next.First <= next.Second);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Uniform_states_no_times() => Assert.Null(new UniformSampler(4).Select(10, 25).StatedSeconds);

    [Fact]
    public void Arange_gives_the_specified_indices() =>
        Assert.Equal([0, 12, 25, 37, 50, 62, 75, 87], new ArangeSampler(8).Select(100, 25).Indices);

    [Fact]
    public void Arange_of_as_many_frames_as_there_are_takes_all() =>
        Assert.Equal(Enumerable.Range(0, 9), new ArangeSampler(9).Select(9, 25).Indices);

    [Fact]
    public void Arange_of_more_frames_than_there_are_is_refused()
    {
        WinnowException error = Assert.Throws<WinnowException>(() => new ArangeSampler(8).Select(7, 25));

        Assert.Contains("8 frames", error.Message);
        Assert.Contains("7", error.Message);
    }

    [Fact]
    public void Fps_below_the_cap_steps_by_the_rounded_rate_and_states_steps()
    {
        FrameSelection selection = new FpsSampler(1, 64).Select(100, 29.97);

        Assert.Equal([0, 30, 60, 90], selection.Indices);
        Assert.Equal([0.0, 1.0, 2.0, 3.0], selection.StatedSeconds);
    }

    [Theory]
    [InlineData(2.5, 2)] // halves go to the even neighbour: 2.5 -> 2
    [InlineData(3.5, 4)]
    [InlineData(2.51, 3)]
    public void Fps_step_rounds_halves_to_even(double framesPerSecond, int step) =>
        Assert.Equal(step, new FpsSampler(1, 64).Select(20, framesPerSecond).Indices[1]);

    [Fact]
    public void Fps_candidates_stop_below_the_frame_count() =>
        Assert.Equal([0, 25, 50], new FpsSampler(1, 64).Select(75, 25).Indices);

    [Fact]
    public void Fps_above_the_cap_spreads_uniformly_and_states_seconds()
    {
        FrameSelection selection = new FpsSampler(1, 8).Select(1000, 25);

        Assert.Equal(Uniform(1000, 8), selection.Indices);
        Assert.Equal([.. selection.Indices.Select(index => index / 25.0)], selection.StatedSeconds);
    }

    [Fact]
    public void Fps_at_the_cap_exactly_is_not_spread() =>
        Assert.Equal([0, 25, 50, 75], new FpsSampler(1, 4).Select(100, 25).Indices);

    [Fact]
    public void Fps_forced_spreads_a_short_video()
    {
        FrameSelection selection = new FpsSampler(1, 64, force: true).Select(50, 25);

        Assert.Equal(Uniform(50, 64), selection.Indices);
        Assert.Equal(49 / 25.0, selection.StatedSeconds![^1]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(double.NaN)]
    public void Fps_of_a_video_without_frame_rate_is_refused(double framesPerSecond) =>
        Assert.Contains("uniform", Assert.Throws<WinnowException>(() => new FpsSampler(1, 8).Select(10, framesPerSecond)).Message);

    [Fact]
    public void Fps_of_a_video_slower_than_half_the_rate_is_refused() =>
        Assert.Contains("lower the rate", Assert.Throws<WinnowException>(() => new FpsSampler(1, 8).Select(10, 0.4)).Message);

    [Fact]
    public void Distinct_lists_each_frame_once_in_order() =>
        Assert.Equal([0, 1, 2], new UniformSampler(8).Select(3, 1).Distinct());

    [Fact]
    public void Samplers_refuse_counts_and_rates_out_of_range()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new UniformSampler(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ArangeSampler(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FpsSampler(0, 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FpsSampler(double.PositiveInfinity, 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FpsSampler(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new UniformSampler(8).Select(0, 25));
    }

    private static int[] Uniform(int frameCount, int count) => [.. new UniformSampler(count).Select(frameCount, 25).Indices];
}
