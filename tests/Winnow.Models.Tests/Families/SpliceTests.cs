using Winnow.Models.Families;
using Winnow.Models.Prefill;
using Winnow.Models.Weights;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Models.Tests.Families;

/// <summary>Text and video in one sequence. Model a: 5 frames of 9 tokens and one newline, video id 4.</summary>
public sealed class SpliceTests : IDisposable
{
    private const int Video = 4;
    private const int WholeRows = 46;
    private readonly Compute _compute = new(2);
    private readonly SafeTensorsFile _recording = LlavaOneVisionParityTests.OpenRecording("a");
    private readonly LlavaOneVision _model;
    private readonly EncodedVideo _video;

    public SpliceTests()
    {
        _model = LlavaOneVisionParityTests.Load("a", _compute);
        _video = LlavaOneVisionParityTests.Encode(_model, _recording);
    }

    private float[] Text(params int[] ids)
    {
        float[] rows = new float[ids.Length * 96];
        _model.Decoder.Embed(ids, rows);
        return rows;
    }

    public void Dispose()
    {
        _model.Dispose();
        _recording.Dispose();
        _compute.Dispose();
    }

    [Fact]
    public void One_placeholder_and_one_for_each_row_give_the_same_rows()
    {
        int[] expanded = _recording.ReadInt32s("input_ids");
        int[] single = [.. expanded[..(Array.IndexOf(expanded, Video) + 1)], .. expanded[(Array.LastIndexOf(expanded, Video) + 1)..]];
        PromptRows a = _model.Splice(expanded, _video, null, PositionRule.Original);
        PromptRows b = _model.Splice(single, _video, null, PositionRule.Original);
        Assert.Equal(a.Rows.Values.ToArray(), b.Rows.Values.ToArray());
        Assert.Equal(Enumerable.Range(0, expanded.Length), b.Positions);
        Assert.Equal(expanded.Length, b.NextPosition);
    }

    [Theory]
    [InlineData(PositionRule.Original, new[] { 0, 1, 2, 5, 12, 47, 48, 49 }, 50)]
    [InlineData(PositionRule.Compact, new[] { 0, 1, 2, 3, 4, 5, 6, 7 }, 8)]
    [InlineData(PositionRule.Gap, new[] { 0, 1, 2, 5, 12, 47, 48, 49 }, 50)]
    [InlineData(PositionRule.FirstPlaces, new[] { 0, 1, 2, 3, 4, 5, 48, 49 }, 50)]
    public void Positions_of_a_reduced_video_follow_the_rule(PositionRule rule, int[] positions, int next)
    {
        PromptRows rows = _model.Splice([9, 8, Video, 7, 6], _video, ReductionPlan.Keep([0, 3, 10], 45), rule);
        Assert.Equal(positions, rows.Positions);
        Assert.Equal(next, rows.NextPosition);
        Assert.Equal((2, 4), (rows.VisualStart, rows.VisualCount));
    }

    [Fact]
    public void Tokens_of_a_method_with_its_own_order_are_put_in_place_by_gap_alone()
    {
        ReductionPlan byScore = ReductionPlan.Keep([10, 0, 3], 45);
        PromptRows original = _model.Splice([9, 8, Video, 7, 6], _video, byScore, PositionRule.Original);
        PromptRows gap = _model.Splice([9, 8, Video, 7, 6], _video, byScore, PositionRule.Gap);

        Assert.Equal([0, 1, 12, 2, 5, 47, 48, 49], original.Positions);
        Assert.Equal([0, 1, 2, 5, 12, 47, 48, 49], gap.Positions);
        Assert.Equal(_video.Features[10], gap.Rows[4]);
        Assert.Equal(_model.Splice([9, 8, Video, 7, 6], _video, byScore.InPlaceOrder(), PositionRule.Original).Rows.Values.ToArray(),
            gap.Rows.Values.ToArray());
    }

    [Fact]
    public void Reduced_rows_are_text_then_what_the_plan_makes_then_newline_then_text()
    {
        var plan = new ReductionPlanBuilder(45);
        plan.Keep(2);
        plan.Mean(20, [19, 20]);
        PromptRows rows = _model.Splice([9, Video, 7], _video, plan.Build(), PositionRule.Original);
        float[] text = new float[2 * 96], mean = new float[96];
        _model.Decoder.Embed([9, 7], text);
        for (int i = 0; i < 96; i++)
            mean[i] = _video.Features[19][i] * 0.5f + _video.Features[20][i] * 0.5f;
        PromptRows whole = _model.Splice([Video], _video, null, PositionRule.Original);
        float[] expected = [.. text[..96], .. _video.Features[2], .. mean, .. whole.Rows[WholeRows - 1], .. text[96..]];
        Assert.Equal(expected, rows.Rows.Values.ToArray());
    }

    /// <summary>
    /// Text in front of frames 2 and 3 cuts the 45 tokens at 18 and 27. Kept, in the method's order: two of the last part, the later one
    /// first, a mean that stands in the first part, one of the middle part and one of the first.
    /// </summary>
    [Theory]
    [InlineData(PositionRule.Original, new[] { 0, 6, 3, 19, 20, 23, 30, 44, 34, 49, 50, 51, 52, 53 }, new[] { 5, 2, 20, 40, 30 }, 54)]
    [InlineData(PositionRule.Gap, new[] { 0, 3, 6, 19, 20, 23, 30, 34, 44, 49, 50, 51, 52, 53 }, new[] { 2, 5, 20, 30, 40 }, 54)]
    [InlineData(PositionRule.Compact, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 }, new[] { 5, 2, 20, 40, 30 }, 14)]
    [InlineData(PositionRule.FirstPlaces, new[] { 0, 1, 2, 19, 20, 21, 30, 31, 32, 33, 50, 51, 52, 53 }, new[] { 5, 2, 20, 40, 30 }, 54)]
    public void Kept_tokens_of_a_cut_video_go_to_the_part_of_their_frame(PositionRule rule, int[] positions, int[] places, int next)
    {
        var plan = new ReductionPlanBuilder(45);
        plan.Keep(40);
        plan.Keep(30);
        plan.Mean(5, [5, 33]);
        plan.Keep(20);
        plan.Keep(2);
        int[] ids = [9, Video, 8, 7, Video, 6, Video, 5, 3, 2, 1];

        PromptRows rows = _model.Splice(ids, _video, plan.Build(), rule, [2, 3]);

        float[] mean = new float[96];
        for (int i = 0; i < 96; i++)
            mean[i] = _video.Features[5][i] * 0.5f + _video.Features[33][i] * 0.5f;
        float[] newline = [.. _model.Splice([Video], _video, null, PositionRule.Original).Rows[WholeRows - 1]];
        float[][] tokens = [.. places.Select(place => place == 5 ? mean : _video.Features[place].ToArray())];
        Assert.Equal(
            [.. Text(9), .. tokens[0], .. tokens[1], .. Text(8, 7), .. tokens[2], .. Text(6), .. tokens[3], .. tokens[4], .. newline,
                .. Text(5, 3, 2, 1)],
            rows.Rows.Values.ToArray());
        Assert.Equal(positions, rows.Positions);
        Assert.Equal(next, rows.NextPosition);
        Assert.Equal([.. places, -1], rows.Places);
        Assert.True(rows.IsCut);
    }

    [Fact]
    public void Whole_cut_video_reads_as_its_pieces_one_after_another()
    {
        int[] ids = [9, Video, 8, 7, Video, 6, 5];
        PromptRows prompt = _model.Splice(ids, _video, null, PositionRule.Original, [4]);
        PromptRows whole = _model.Splice([Video], _video, null, PositionRule.Original);
        using DecoderSession once = _model.StartSession(), pieces = _model.StartSession();

        float[] expected = once.Prefill(prompt).ToArray();
        pieces.Prefill(_model.EmbedText([9], 0));
        pieces.Prefill(Piece(0, 36));
        pieces.Prefill(_model.EmbedText([8, 7], pieces.NextPosition));
        pieces.Prefill(Piece(36, 10));
        ReadOnlyMemory<float> actual = pieces.Prefill(_model.EmbedText([6, 5], pieces.NextPosition));

        Assert.Equal(Enumerable.Range(0, 51), prompt.Positions);
        Close.Relative("logits", expected, actual.Span, 1e-5);
        Assert.Equal(once.CacheBytes, pieces.CacheBytes);

        PromptRows Piece(int first, int count) => new(
            whole.Rows.Slice(first, count), [.. Enumerable.Range(pieces.NextPosition, count)], pieces.NextPosition + count);
    }

    [Fact]
    public void Method_inside_the_model_does_not_get_a_cut_video()
    {
        PromptRows prompt = _model.Splice([Video, 8, Video, 7], _video, null, PositionRule.Original, [2]);
        using DecoderSession session = _model.StartSession();

        Assert.Contains("text stands between", Assert.Throws<InvalidOperationException>(() => session.Prefill(prompt, null, null)).Message);
    }

    [Theory]
    [InlineData(new[] { Video, 8 }, new[] { 2 }, "1 parts")]
    [InlineData(new[] { Video, 8, Video, Video }, new[] { 2 }, "3 parts")]
    [InlineData(new[] { Video, 8, Video, 7, Video }, new[] { 2, 2 }, "cut at frames 2, 2")]
    [InlineData(new[] { Video, 8, Video }, new[] { 0 }, "at least one frame")]
    [InlineData(new[] { Video, 8, Video }, new[] { 5 }, "at least one frame")]
    public void Prompt_that_does_not_hold_the_parts_is_refused(int[] ids, int[] cuts, string expected) => Assert.Contains(
        expected, Assert.Throws<WinnowException>(() => _model.Splice(ids, _video, null, PositionRule.Original, cuts)).Message);

    [Theory]
    [InlineData(new[] { 9, 8 }, "no video")]
    [InlineData(new[] { 9, Video, 8, Video }, "second video")]
    [InlineData(new[] { 9, Video, Video, 8 }, "2 times in a row")]
    [InlineData(new[] { 9, Video, 999 }, "999")]
    public void Prompt_that_does_not_hold_one_video_is_refused(int[] ids, string expected) =>
        Assert.Contains(expected, Assert.Throws<WinnowException>(() => _model.Splice(ids, _video, null, PositionRule.Original)).Message);

    [Fact]
    public void Plan_for_another_number_of_tokens_is_refused()
    {
        var plan = ReductionPlan.Keep([0], 44);
        Assert.Contains("44", Assert.Throws<WinnowException>(() => _model.Splice([Video], _video, plan, PositionRule.Original)).Message);
    }

    [Fact]
    public void Video_without_frames_is_refused()
    {
        using IVideoEncoding encoding = _model.StartVideo([]);
        Assert.Contains("no frames", Assert.Throws<WinnowException>(encoding.Complete).Message);
    }
}
