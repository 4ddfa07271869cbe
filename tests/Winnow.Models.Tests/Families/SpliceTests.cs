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
