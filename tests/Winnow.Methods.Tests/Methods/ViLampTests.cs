using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Tests.Primitives;
using Winnow.Video;

namespace Winnow.Tests.Methods;

public class ViLampTests
{
    private static readonly TokenGrid Grid = new(9, 3, 4);

    [Fact]
    public void Retention_buys_as_many_whole_key_frames_as_fit_beside_one_token_a_frame()
    {
        // 54 of 108 tokens: 9 frames at one token leave 45, which raise 4 frames to their 12 tokens.
        ReductionPlan plan = Reduce(new ViLamp.Options { Retention = 0.5 });

        Assert.Equal(4, plan.Trace.Find<int>("key_frames")!.Length);
        Assert.Equal(4 * 12 + 5, plan.Count);
    }

    [Fact]
    public void Reference_is_the_key_frame_before_and_frame_j_only_when_reproducing()
    {
        ReductionPlan sound = Reduce(new ViLamp.Options { MaxKeyframes = 2 }),
            official = Reduce(new ViLamp.Options { MaxKeyframes = 2, Reproduce = true });
        int[] keyFrames = sound.Trace.Find<int>("key_frames")!;
        double[] weights = sound.Trace.Find<double>("patch_weights")!, others = official.Trace.Find<double>("patch_weights")!;

        Assert.NotEqual(0, keyFrames[0]);
        Assert.Equal(weights[..(keyFrames[0] * 12)], others[..(keyFrames[0] * 12)]);
        Assert.NotEqual(weights[(keyFrames[0] * 12)..], others[(keyFrames[0] * 12)..]);
    }

    [Fact]
    public void Weights_follow_the_page()
    {
        var options = new ViLamp.Options { MaxKeyframes = 2, Temperature = 0.5 };
        ReductionInput input = Input();
        ReductionPlan plan = new ViLamp(options).Reduce(input);
        int[] keyFrames = plan.Trace.Find<int>("key_frames")!;
        double[] weights = plan.Trace.Find<double>("patch_weights")!;
        TokenMatrix image = input.Require(Signal.ImageEmbeddings).AsMatrix();
        ReadOnlySpan<float> text = input.Require(Signal.TextEmbeddings).AsMatrix()[0];

        for (int frame = 0; frame < 9; frame++)
        {
            int reference = keyFrames.Where(key => key <= frame).DefaultIfEmpty(frame).Last();
            double[] scores = new double[12];
            for (int n = 0; n < 12; n++)
                scores[n] = Math.Exp((Cosine(text, image[frame * 12 + n])
                    - Cosine(input.Features[reference * 12 + n], input.Features[frame * 12 + n])) / 0.5);
            for (int n = 0; n < 12; n++)
                Assert.Equal(scores[n] / scores.Sum(), weights[frame * 12 + n], 1e-9);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 2)]
    [InlineData(40, 7)]
    [InlineData(40, 40)]
    public void Gaps_are_filled_up_to_the_wanted_number(int frames, int wanted)
    {
        bool[] filled = ViLamp.FillGaps(new bool[frames], wanted);

        Assert.InRange(filled.Count(mark => mark), 1, wanted);
        Assert.True(filled.Count(mark => mark) == frames || wanted < frames);
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double product = 0, left = 0, right = 0;
        for (int i = 0; i < a.Length; i++)
            (product, left, right) = (product + (double)a[i] * b[i], left + (double)a[i] * a[i], right + (double)b[i] * b[i]);
        return product / Math.Sqrt(left * right);
    }

    private static ReductionPlan Reduce(ViLamp.Options options) => new ViLamp(options).Reduce(Input());

    private static ReductionInput Input() => new(Samples.Vectors(12, Grid.Count, 6), Grid, new Dictionary<SignalRequest, SignalValue>
    {
        [new SignalRequest(Signal.ImageEmbeddings)] = new(Samples.Vectors(13, Grid.Count, 5).Values, 9, 12, 5),
        [new SignalRequest(Signal.TextEmbeddings)] = new(Samples.Vectors(14, 1, 5).Values, 1, 5),
    });
}
