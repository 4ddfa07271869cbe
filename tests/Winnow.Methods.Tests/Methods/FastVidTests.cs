using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Tests.Methods;

public class FastVidTests
{
    [Fact]
    public void Port_of_llava_video_spends_the_whole_budget()
    {
        ReductionPlan plan = Reduce(new FastVid.Options { Retention = 0.4, Variant = FastVid.Port.Video, MinSegments = 3 });

        Assert.Equal(10 * 8, plan.Count);
    }

    [Fact]
    public void Salient_tokens_stand_alone_and_the_rest_flows_into_every_anchor_frame()
    {
        ReductionPlan plan = Reduce(new FastVid.Options { Retention = 0.4, MinSegments = 1, SegmentThreshold = -2, AnchorStep = 5 });

        // 5 salient tokens a frame; 15 others a frame flow into each of the two anchor frames.
        int[] sources = [.. Enumerable.Range(0, plan.Count).Select(token => plan.Offsets[token + 1] - plan.Offsets[token])];
        Assert.Equal(10 * 5, sources.Count(count => count == 1));
        Assert.Equal(2 * 10 * 15, plan.Sizes.Where((_, token) => sources[token] > 1).Sum());
    }

    [Fact]
    public void Received_attention_and_mean_tokens_stand_in_for_the_pooling_head()
    {
        ReductionPlan plan = Reduce(new FastVid.Options { Retention = 0.1, ContextShare = 0 });

        Assert.Equal(Enumerable.Range(0, 10).SelectMany(t => new[] { t * 20, t * 20 + 1 }), plan.Places);
    }

    private static ReductionPlan Reduce(FastVid.Options options) =>
        new FastVid(options).Reduce(Videos.Random(10, 4, 5, 6, Videos.FallingAttention(Signal.ReceivedAttention, 10, 20)));
}
