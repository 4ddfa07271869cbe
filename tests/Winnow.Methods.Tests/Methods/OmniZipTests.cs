using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Tests.Primitives;
using Winnow.Video;

namespace Winnow.Tests.Methods;

public class OmniZipTests
{
    private static readonly TokenGrid Grid = new(8, 5, 4);

    [Fact]
    public void Windows_with_more_kept_audio_keep_more_of_the_picture()
    {
        // All salient audio lies in the second window.
        float[] attention = [.. Enumerable.Range(0, 40).Select(token => token is >= 10 and < 20 ? 1f : 0.01f)];
        ReductionPlan plan = new OmniZip(new OmniZip.Options { Retention = 0.4, AudioDiscard = 0.75, MergeGroup = 0 })
            .Reduce(Input(attention, 10, 10, 10, 10));

        int[] budgets = plan.Trace.Find<int>(PlanTrace.FrameBudgets)!;
        Assert.Equal(64, budgets.Sum());
        Assert.All(budgets.Where((_, t) => t is not (2 or 3)), budget => Assert.True(budget < budgets[2]));
    }

    [Fact]
    public void Without_sound_every_frame_keeps_its_share()
    {
        ReductionPlan plan = new OmniZip(new OmniZip.Options { Retention = 0.25 })
            .Reduce(new ReductionInput(Samples.Vectors(4, Grid.Count, 6), Grid));

        Assert.All(plan.Trace.Find<int>(PlanTrace.FrameBudgets)!, budget => Assert.Equal(5, budget));
    }

    [Fact]
    public void Frames_may_lose_everything_only_when_reproducing()
    {
        var input = new ReductionInput(Samples.Vectors(4, Grid.Count, 6), Grid);

        Assert.Equal(8, new OmniZip(new OmniZip.Options { Discard = 0.99 }).Reduce(input).Count);
        Assert.Equal(0, new OmniZip(new OmniZip.Options { Discard = 0.99, Reproduce = true }).Reduce(input).Count);
    }

    [Fact]
    public void Windows_that_do_not_fit_the_video_are_refused()
    {
        float[] attention = new float[40];

        Assert.Contains("frames", Assert.Throws<ArgumentException>(
            () => new OmniZip(new OmniZip.Options()).Reduce(Input(attention, 10, 10))).Message, StringComparison.Ordinal);
        Assert.Contains("audio", Assert.Throws<ArgumentException>(
            () => new OmniZip(new OmniZip.Options()).Reduce(Input(attention, 10, 10, 10, 11))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Anchors_are_half_themselves_and_half_what_they_take_in()
    {
        TokenMatrix audio = Samples.Vectors(5, 30, 6);
        float[] attention = [.. Enumerable.Range(0, 30).Select(token => token / 30f)];
        ReductionPlan plan = new OmniZipAudio(new OmniZip.Options { AudioDiscard = 0.5, AnchorShare = 0.1, MergeGroup = 2 })
            .Reduce(audio, attention, Samples.Vectors(6, 20, 6));

        // The half of least attention is the first; three of its fifteen tokens, at steps of five, are anchors.
        Assert.Equal([0, 5, 10, .. Enumerable.Range(15, 15)], plan.Places);
        for (int k = 0; k < 3; k++)
        {
            Assert.Equal(0.5f, plan.Weights[plan.Offsets[k]]);
            Assert.InRange(plan.Offsets[k + 1] - plan.Offsets[k], 1, 3);
        }
    }

    private static ReductionInput Input(float[] attention, params int[] audioOfWindows) =>
        new(Samples.Vectors(4, Grid.Count, 6), Grid, new Dictionary<SignalRequest, SignalValue>
        {
            [new SignalRequest(Signal.AudioAttention)] = new(attention, attention.Length),
            [new SignalRequest(Signal.AudioWindows)] = new(audioOfWindows.SelectMany(tokens => new float[] { 40, tokens }).ToArray(),
                audioOfWindows.Length, 2),
        });
}
