using Winnow.Methods;
using Winnow.Models.Families;
using Winnow.Models.Tests.Families;
using Winnow.Models.Weights;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Models.Tests.Encode;

/// <summary>
/// Reductions before and inside the tower, against the whole tower on the same frames. What every method of the catalog must do there is
/// asked of all of them in the engine's tests.
/// </summary>
public sealed class EncoderReductionTests : IDisposable
{
    private const int Frames = 5;

    // Products of other shapes add in another order.
    private const double Tolerance = 1e-4;
    private readonly Compute _compute = new(2);
    private readonly LlavaOneVision _model;
    private readonly float[] _pixels;

    public EncoderReductionTests()
    {
        _model = LlavaOneVisionParityTests.Load("a", _compute);
        using SafeTensorsFile recording = LlavaOneVisionParityTests.OpenRecording("a");
        _pixels = recording.ReadFloats("pixel_values");
    }

    private int FrameLength => _pixels.Length / Frames;

    public void Dispose()
    {
        _model.Dispose();
        _compute.Dispose();
    }

    [Fact]
    public void Rlt_without_repeats_is_the_whole_run_to_the_bit()
    {
        var method = new Rlt(new Rlt.Options { Threshold = 0 });

        EncodedVideo reduced = Encode(_pixels, new EncoderReduction { Patches = method });

        Assert.Equal(reduced.Work.Patches, reduced.Work.Encoded);
        Assert.Equal(Encode(_pixels).Features.Values.ToArray(), reduced.Features.Values.ToArray());
    }

    [Fact]
    public void Rlt_of_a_still_clip_encodes_one_frame_and_is_the_whole_run_to_the_bit()
    {
        float[] still = Repeated(_pixels.AsSpan(0, FrameLength));
        var method = new Rlt(new Rlt.Options { Threshold = 0 });

        EncodedVideo reduced = Encode(still, new EncoderReduction { Patches = method });

        Assert.Equal(reduced.Work.Patches / Frames, reduced.Work.Encoded);
        Assert.Equal(reduced.Work.DenseRows / Frames, reduced.Work.Rows);
        Assert.Equal(Encode(still).Features.Values.ToArray(), reduced.Features.Values.ToArray());
    }

    [Fact]
    public void A_patch_that_is_encoded_again_although_it_repeats_comes_out_as_before()
    {
        float[] still = Repeated(_pixels.AsSpan(0, FrameLength));

        EncodedVideo reduced = Encode(still, new EncoderReduction { Patches = new EveryOther(PatchFate.Repeat) });

        Close.Relative("features", Encode(still).Features.Values.Span, reduced.Features.Values.Span, Tolerance);
    }

    [Fact]
    public void Rlt_with_a_method_inside_restores_repeats_behind_the_tower()
    {
        float[] still = Repeated(_pixels.AsSpan(0, FrameLength));
        var reduction = new EncoderReduction
        {
            Patches = new Rlt(new Rlt.Options { Threshold = 0 }),
            Blocks = new ToMe(new ToMe.Options { Retention = 1 })
        };

        EncodedVideo reduced = Encode(still, reduction);

        Assert.Equal(reduced.Work.Patches / Frames, reduced.Work.Remaining);
        Close.Relative("features", Encode(still).Features.Values.Span, reduced.Features.Values.Span, Tolerance);
    }

    [Fact]
    public void Dropped_patches_leave_tokens_only_where_others_are_pooled_with_them()
    {
        EncodedVideo reduced = Encode(_pixels, new EncoderReduction { Patches = new Corner() });

        Assert.Equal([.. Enumerable.Range(0, Frames).Select(frame => frame * reduced.Grid.TokensPerFrame)], reduced.Absent);
        Assert.Equal(reduced.Grid.Count - Frames, reduced.WithoutAbsent()!.Count);
        Assert.All(reduced.Features.Values.ToArray(), value => Assert.True(float.IsFinite(value)));
    }

    /// <summary>Chosen patches wait until they fill a frame; a shorter video waits at other places.</summary>
    [Theory]
    [InlineData(PatchFate.Repeat)]
    [InlineData(PatchFate.Drop)]
    public void Frame_does_not_depend_on_those_that_pass_the_tower_with_it(PatchFate fate)
    {
        SignalRequest[] signals = [new(Signal.ReceivedAttention, 1), new(Signal.EncoderKeys, 0), new(Signal.EncoderFeatures)];
        EncodedVideo whole = Encode(_pixels, new EncoderReduction { Patches = new Scattered(fate) }, signals);

        for (int frames = 1; frames < Frames; frames++)
        {
            float[] start = _pixels[..(frames * FrameLength)];
            EncodedVideo part = Encode(start, new EncoderReduction { Patches = new Scattered(fate) }, signals);

            Compare("features", whole.Features.Values.Span, part.Features.Values.Span);
            foreach (SignalRequest signal in signals)
                Compare($"{signal}", whole.Signals[signal].Values.Span, part.Signals[signal].Values.Span);
        }

        static void Compare(string what, ReadOnlySpan<float> whole, ReadOnlySpan<float> part) =>
            Close.Relative(what, whole[..part.Length], part, Tolerance);
    }

    [Fact]
    public void Stc_at_full_ratio_is_the_whole_run()
    {
        EncodedVideo reduced = Encode(_pixels, new EncoderReduction { Cacher = new EverythingAnew() });

        Close.Relative("features", Encode(_pixels).Features.Values.Span, reduced.Features.Values.Span, Tolerance);
    }

    [Fact]
    public void Stc_of_a_still_clip_is_the_whole_run_with_fewer_rows()
    {
        float[] still = Repeated(_pixels.AsSpan(0, FrameLength));

        EncodedVideo reduced = Encode(still, new EncoderReduction { Cacher = new Stc(new Stc.Options { UpdateRatio = 0.25 }) });

        Assert.True(reduced.Work.Rows < 0.75 * reduced.Work.DenseRows,
            $"{reduced.Work.Rows} of {reduced.Work.DenseRows} rows were computed");
        Close.Relative("features", Encode(still).Features.Values.Span, reduced.Features.Values.Span, Tolerance);
    }

    [Fact]
    public void Stc_in_chunks_treats_left_over_frames_like_the_last_whole_chunk()
    {
        EncodedVideo reduced = Encode(_pixels,
            new EncoderReduction { Cacher = new Stc(new Stc.Options { UpdateRatio = 0.25, ChunkFrames = 2 }) });

        // Chunks 0 (full), 1 (part), and the fifth frame like chunk 1.
        long perFrame = reduced.Work.DenseRows / Frames, part = perFrame / _model.Config.Vision.Tokens * (_model.Config.Vision.Tokens / 4);
        Assert.Equal(2 * perFrame + 3 * part, reduced.Work.Rows);
    }

    [Fact]
    public void Tome_leaves_the_retention_behind_the_last_block_and_the_grid_whole()
    {
        EncodedVideo reduced = Encode(_pixels, new EncoderReduction { Blocks = new ToMe(new ToMe.Options { Retention = 0.5 }) });

        Assert.Equal(Frames * (_model.Config.Vision.Tokens / 2), reduced.Work.Remaining);
        Assert.True(reduced.Work.Rows < reduced.Work.DenseRows);
        Assert.Equal(_model.Pooling.Tokens * Frames, reduced.Grid.Count);
        Assert.Empty(reduced.Absent);
        Assert.All(reduced.Features.Values.ToArray(), value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void Attention_of_the_mean_query_is_the_geometric_mean_of_all_rows()
    {
        // The mean of the logits over the rows is what the mean query gets; a softmax does not see what each row's own sum took away.
        var all = new Watched(new EncoderAttention());
        var mean = new Watched(new EncoderAttention(OfMeanQuery: true));
        Encode(_pixels, new EncoderReduction { Blocks = all });
        Encode(_pixels, new EncoderReduction { Blocks = mean });

        int rows = all.Rows;
        Assert.Equal(all.Seen.Length / rows, mean.Seen.Length);
        for (int head = 0; head < mean.Seen.Length / rows; head++)
        {
            double[] logarithms = [.. Enumerable.Range(0, rows).Select(key =>
                Enumerable.Range(0, rows).Average(query => Math.Log(all.Seen[(head * rows + query) * rows + key])))];
            double sum = logarithms.Sum(Math.Exp);
            for (int key = 0; key < rows; key++)
                Assert.Equal(Math.Exp(logarithms[key]) / sum, mean.Seen[head * rows + key], 1e-5);
        }
    }

    [Fact]
    public void Sizes_that_are_all_alike_change_no_attention()
    {
        // The same logarithm is added to every logit of a row, and softmax does not see it.
        EncodedVideo reduced = Encode(_pixels, new EncoderReduction { Blocks = new SizesOf(7) });

        Close.Relative("features", Encode(_pixels).Features.Values.Span, reduced.Features.Values.Span, Tolerance);
    }

    [Fact]
    public void Signals_of_a_reduced_tower_have_the_shape_of_the_whole_one()
    {
        SignalRequest attention = new(Signal.ReceivedAttention, 1),
            keys = new(Signal.EncoderKeys, 0), features = new(Signal.EncoderFeatures);
        EncoderReduction[] reductions =
        [
            new() { Patches = new Rlt(new Rlt.Options()) },
            new() { Patches = new Corner() },
            new() { Blocks = new ToMe(new ToMe.Options { Retention = 0.5 }) },
            new() { Cacher = new Stc(new Stc.Options()) },
        ];
        EncodedVideo whole = Encode(_pixels, null, attention, keys, features);
        foreach (EncoderReduction reduction in reductions)
        {
            EncodedVideo reduced = Encode(_pixels, reduction, attention, keys, features);
            foreach ((SignalRequest request, SignalValue value) in whole.Signals)
            {
                Assert.Equal(value.Shape, reduced.Signals[request].Shape);
                Assert.All(reduced.Signals[request].Values.ToArray(), number => Assert.True(float.IsFinite(number)));
            }
        }
    }

    [Fact]
    public void Reuse_refuses_company()
    {
        var both = new EncoderReduction { Cacher = new Stc(new Stc.Options()), Patches = new Rlt(new Rlt.Options()) };

        Assert.Throws<WinnowException>(() => _model.StartVideo([], both));
    }

    private EncodedVideo Encode(float[] pixels, EncoderReduction? reduction = null, params SignalRequest[] signals)
    {
        using IVideoEncoding encoding = _model.StartVideo(signals, reduction);
        for (int start = 0; start < pixels.Length; start += FrameLength)
            encoding.Add(pixels.AsSpan(start, FrameLength));
        return encoding.Complete();
    }

    private static float[] Repeated(ReadOnlySpan<float> frame)
    {
        float[] video = new float[frame.Length * Frames];
        for (int i = 0; i < Frames; i++)
            frame.CopyTo(video.AsSpan(i * frame.Length));
        return video;
    }

    /// <summary>From the second frame on every other patch gets a fate, and the others are encoded.</summary>
    private sealed class EveryOther(PatchFate fate) : IPatchReducer, IPatchRun
    {
        private bool _started;

        public IPatchRun Begin(PatchContext context) => this;

        public void Choose(TokenMatrix patches, Span<PatchFate> fates)
        {
            for (int i = 0; i < fates.Length; i++)
                fates[i] = _started && i % 2 == 0 ? fate : PatchFate.Encode;
            _started = true;
        }
    }

    /// <summary>
    /// From the second frame on a quarter of the patches is encoded, and the others get a fate; of the third frame none is.
    /// </summary>
    private sealed class Scattered(PatchFate fate) : IPatchReducer, IPatchRun
    {
        private readonly Random _random = new(5);
        private int _frame;

        public IPatchRun Begin(PatchContext context) => this;

        public void Choose(TokenMatrix patches, Span<PatchFate> fates)
        {
            foreach (ref PatchFate patch in fates)
                patch = _frame == 0 || (_frame != 2 && _random.Next(4) == 0) ? PatchFate.Encode : fate;
            _frame++;
        }
    }

    /// <summary>Drops all patches that the first token is pooled from.</summary>
    private sealed class Corner : IPatchReducer, IPatchRun
    {
        private int _columns;

        public IPatchRun Begin(PatchContext context)
        {
            _columns = context.Columns;
            return this;
        }

        public void Choose(TokenMatrix patches, Span<PatchFate> fates)
        {
            fates.Clear();
            foreach (int place in new[] { 0, 1, _columns, _columns + 1 })
                fates[place] = PatchFate.Drop;
        }
    }

    /// <summary>Keeps every row but says that each stands for so many.</summary>
    private sealed class SizesOf(float size) : IEncoderReducer, IEncoderRun
    {
        public int GroupFrames => 2;

        public bool ProportionalAttention => true;

        public IEncoderRun Begin(EncoderContext context) => this;

        public EncoderNeeds? NeedsAt(EncoderPoint point) =>
            point == new EncoderPoint(0, EncoderMoment.BeforeBlock) ? EncoderNeeds.States : null;

        public EncoderStep? Decide(EncoderView view)
        {
            var plan = new ReductionPlanBuilder(view.Count);
            for (int row = 0; row < view.Count; row++)
                plan.Sum(row, [row], [1f], size);
            return new EncoderStep(plan.Build(), view.SequenceLengths);
        }
    }

    /// <summary>Changes nothing and keeps the attention of the first frame's second block.</summary>
    private sealed class Watched(EncoderAttention form) : IEncoderReducer, IEncoderRun
    {
        public int GroupFrames => 1;

        public bool ProportionalAttention => false;

        public float[] Seen { get; private set; } = [];

        public int Rows { get; private set; }

        public IEncoderRun Begin(EncoderContext context) => this;

        public EncoderNeeds? NeedsAt(EncoderPoint point) =>
            point == new EncoderPoint(1, EncoderMoment.AfterAttention) && Seen.Length == 0 ? new EncoderNeeds { Attention = form } : null;

        public EncoderStep? Decide(EncoderView view)
        {
            (Seen, Rows) = (view.Attention![0].ReadAll(), view.Attention[0].Keys);
            return null;
        }
    }

    private sealed class EverythingAnew : IEncoderCacher
    {
        public int ChunkFrames => 1;

        public bool IsFull(int chunk) => chunk == 0;

        public int[] Recompute(TokenMatrix keys, TokenMatrix reference) => [.. Enumerable.Range(0, keys.Count)];
    }
}
