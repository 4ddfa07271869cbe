using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Tests.Methods;

public class METokTests
{
    [Theory]
    [InlineData(METok.Pooling.Bilinear, new[] { 9, 9, 4, 4 })]
    [InlineData(METok.Pooling.Average, new[] { 4, 4, 1, 1 })]
    [InlineData(METok.Pooling.Maximum, new[] { 4, 4, 1, 1 })]
    public void Event_of_the_best_frame_keeps_the_finer_grid(METok.Pooling mode, int[] expected)
    {
        (Signal, SignalValue) scores = (Signal.FrameScores, new SignalValue(new float[] { 0.1f, 0.9f, 0.3f, 0.2f }, 4));
        var options = new METok.Options { Cuts = 1, KeyEvents = 1, Stride = 2, Mode = mode };

        int[] tokens = new METok(options).Reduce(TwoScenes(scores)).Trace.Find<int>(PlanTrace.FrameBudgets)!;

        Assert.Equal(expected, tokens);
    }

    [Fact]
    public void Without_scores_the_question_is_compared_with_the_mean_image_embedding()
    {
        float[] images = [.. Enumerable.Range(0, 4 * 25).SelectMany(token => token / 25 >= 2 ? new[] { 1f, 0.1f } : [-0.2f, 1f])];
        (Signal, SignalValue) embeddings = (Signal.ImageEmbeddings, new SignalValue(images, 4, 25, 2));
        (Signal, SignalValue) question = (Signal.TextEmbeddings, new SignalValue(new float[] { 1, -1, 0.5f, 0 }, 2, 2));

        PlanTrace trace = new METok(new METok.Options { Cuts = 1, KeyEvents = 1 }).Reduce(TwoScenes(embeddings, question)).Trace;

        Assert.Equal([1], trace.Find<int>("key_events")!);
    }

    [Fact]
    public void Stride_beyond_the_grid_leaves_one_token()
    {
        ReductionPlan plan = new METok(new METok.Options { Stride = 9, Mode = METok.Pooling.Average })
            .Reduce(Videos.Random(1, 3, 4, 2, (Signal.FrameScores, new SignalValue(new float[1], 1))));

        Assert.Equal([12f], plan.Sizes);
    }

    // The last two frames are the first two negated.
    private static ReductionInput TwoScenes(params (Signal Kind, SignalValue Value)[] signals)
    {
        ReadOnlySpan<float> scene = Videos.Still(2, 5, 5, 3).Features.Values.Span;
        float[] features = [.. scene, .. scene];
        for (int i = scene.Length; i < features.Length; i++)
            features[i] = -features[i];
        return new ReductionInput(new TokenMatrix(features, 3), new Video.TokenGrid(4, 5, 5),
            signals.ToDictionary(pair => new SignalRequest(pair.Kind), pair => pair.Value));
    }
}
