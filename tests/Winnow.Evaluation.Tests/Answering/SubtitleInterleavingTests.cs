using Winnow.Engine;
using Winnow.Evaluation.Answering;

namespace Winnow.Evaluation.Tests.Answering;

public sealed class SubtitleInterleavingTests
{
    private static readonly double[] Times = [0, 2, 4, 6];

    [Fact]
    public void Frames_without_subtitles_are_a_line_each() => Assert.Equal("<0>\n<1>\n<2>\n<3>", Strung());

    [Fact]
    public void Subtitle_stands_behind_the_frames_up_to_its_middle() =>
        Assert.Equal("<0>\n<1>\na\nb\n<2>\n<3>\nc", Strung(new(1, 3, "a"), new(1.5, 6.1, "b"), new(5, 9, "c")));

    [Fact]
    public void Subtitle_that_no_frame_lies_strictly_inside_is_left_out() =>
        Assert.Equal("<0>\n<1>\n<2>\n<3>", Strung(new(2, 4, "a"), new(4.5, 5.5, "b")));

    /// <summary>As the loader goes through them: frames that stand already stay where they are.</summary>
    [Fact]
    public void Subtitle_out_of_order_stands_behind_the_one_before_it() =>
        Assert.Equal("<0>\n<1>\n<2>\nlate\nearly\n<3>", Strung(new(3, 5, "late"), new(1, 3, "early")));

    [Fact]
    public void Subtitle_that_is_left_out_has_moved_the_frames() =>
        Assert.Equal("<0>\n<1>\n<2>\nearly\n<3>", Strung(new(4.1, 5.5, "nobody sees this"), new(1, 3, "early")));

    [Fact]
    public void Subtitle_before_the_first_frame_stands_in_front_of_it() =>
        Assert.Equal("a\nb\n<0>\n<1>\n<2>\n<3>", Strung(new(-3, 0.5, "a"), new(-2, 1, "b")));

    private static string Strung(params TimedLine[] subtitles)
    {
        IReadOnlyList<FrameText> texts = SubtitleInterleaving.Of(subtitles, Times);
        Assert.Equal(texts.Select(text => text.Frame).Distinct().Order(), texts.Select(text => text.Frame));
        string TextAt(int frame) => texts.SingleOrDefault(text => text.Frame == frame).Text ?? "";
        return string.Concat(Enumerable.Range(0, Times.Length).Select(frame => $"{TextAt(frame)}<{frame}>")) + TextAt(Times.Length);
    }
}
