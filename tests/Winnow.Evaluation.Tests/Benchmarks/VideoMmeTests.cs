using Winnow.Evaluation.Benchmarks;
using Winnow.Tests;

namespace Winnow.Evaluation.Tests.Benchmarks;

public sealed class VideoMmeTests : IDisposable
{
    private const string Row = """
        {"video_id":"731","duration":"long","domain":"Life Record","sub_category":"Travel",
        """ + """
        "url":"https://www.youtube.com/watch?v=aB3dE5gH7j0","videoID":"aB3dE5gH7j0","question_id":"731-2","task_type":"Action Reasoning",
        """ + """
        "question":"Why does the cook close the lid?",
        """ + """
        "options":["A. To hide it.","B. To keep heat.","C. To clean it.","D. By mistake."],"answer":"B"}
        """;

    private const string Srt = """
        1
        00:00:00,000 --> 00:00:01,000
        <font color="white" size=".72c">first words</font>

        2
        00:00:01,100 --> 00:00:01,150
        <font color="white" size=".72c">between two frames</font>

        3
        00:00:04,000 --> 00:00:05,000
        no font, no line

        4
        00:00:07,000 --> 00:00:08,000
        <font color="white" size=".72c">last words</font>
        """;

    private const string Asked =
        "Select the best answer to the following multiple-choice question based on the video and the subtitles. "
        + "Respond with only the letter (A, B, C, or D) of the correct option.\n"
        + "Why does the cook close the lid?\nA. To hide it.\nB. To keep heat.\nC. To clean it.\nD. By mistake.\n";

    private readonly DataFolder _data = new DataFolder().Write("videomme/test-00000-of-00001.jsonl", Row).Clip("data/aB3dE5gH7j0.MP4");

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Row_becomes_the_harness_prompt_with_its_empty_line()
    {
        Question question = _data.Read().Questions.Single();

        Assert.Equal(Asked + "\nAnswer with the option's letter from the given choices directly.", question.Prompt);
    }

    [Fact]
    public void Parquet_table_of_the_hub_gives_the_same_question()
    {
        using var hub = new DataFolder();
        hub.Clip("data/aB3dE5gH7j0.MP4");
        Directory.CreateDirectory(hub.Path("videomme"));
        File.Copy(Repository.Path("tests/Winnow.Evaluation.Tests/Parquet/Fixtures/video-mme.parquet"),
            hub.Path("videomme/test-00000-of-00001.parquet"));

        Question question = hub.Read().Questions.Single(), expected = _data.Read().Questions.Single();

        Assert.Equal((expected.Id, expected.Prompt, expected.AnswerIndex), (question.Id, question.Prompt, question.AnswerIndex));
        Assert.Equal(expected.Options, question.Options);
    }

    [Fact]
    public void Row_is_found_by_videoID_and_its_letters_are_taken_off()
    {
        QuestionSet set = _data.Read();

        Question question = set.Questions.Single();
        Assert.Equal("video-mme", set.Name);
        Assert.Equal("731-2", question.Id);
        Assert.Equal(_data.Path("data/aB3dE5gH7j0.MP4"), question.Media.Path);
        Assert.Equal(["To hide it.", "To keep heat.", "To clean it.", "By mistake."], question.Options);
        Assert.Equal(1, question.AnswerIndex);
        Assert.Equal("long", question.Groups["duration"]);
        Assert.Equal(("p2", 100.0), (set.Protocol.HarnessParser.Name, set.Protocol.Aggregation.Scale));
    }

    [Fact]
    public void LlavaVideo_wording_ends_without_the_empty_line()
    {
        Question question = _data.Read(new BenchmarkOptions { LlavaVideoWording = true }).Questions.Single();

        Assert.Equal(Asked + "The best answer is:", question.Prompt);
    }

    [Fact]
    public void Subtitles_between_the_frames_have_no_rule_and_are_refused()
    {
        string message = Assert.Throws<WinnowException>(
            () => _data.Read(new BenchmarkOptions { Subtitles = SubtitlePlacement.Interleaved })).Message;

        Assert.Contains("after the video or none", message);
    }

    [Fact]
    public void Subtitles_keep_the_lines_that_a_uniform_frame_falls_into()
    {
        _data.Write("subtitle/aB3dE5gH7j0.srt", Srt);

        // 32 uniform ones of 32 frames at 4 a second: every frame is looked at; the second block holds none of them.
        Question question = _data
            .Read(new BenchmarkOptions { Subtitles = SubtitlePlacement.AfterVideo, Probe = _ => (32, 4) }).Questions.Single();

        Assert.Equal("This video's subtitles are listed below: \nfirst words\nlast words\n" + Asked + "The best answer is:",
            question.Prompt);
    }

    [Fact]
    public void Missing_subtitle_file_is_said_in_the_prompt()
    {
        Question question = _data.Read(new BenchmarkOptions { Subtitles = SubtitlePlacement.AfterVideo }).Questions.Single();

        Assert.StartsWith("This video's subtitles are listed below: \nNo subtitles available\nSelect", question.Prompt);
    }

    [Fact]
    public void Old_harness_uses_the_first_letter_parser()
    {
        Protocol protocol = _data.Read(new BenchmarkOptions { Harness = HarnessVersion.V030 }).Protocol;

        Assert.Equal(("lmms-0.3.0/videomme/default", "p1"), (protocol.Prompt, protocol.HarnessParser.Name));
    }

    [Fact]
    public void Malformed_row_names_file_row_and_field()
    {
        _data.Write("videomme/test-00000-of-00001.jsonl", Row + "\n" + Row.Replace("\"videoID\"", "\"video\""));

        var error = Assert.Throws<WinnowException>(() => _data.Read());

        Assert.Contains("test-00000-of-00001.jsonl, line 2", error.Message);
        Assert.Contains("\"videoID\"", error.Message);
    }
}
