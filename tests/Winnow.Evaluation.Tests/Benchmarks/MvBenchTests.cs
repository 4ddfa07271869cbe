namespace Winnow.Evaluation.Tests.Benchmarks;

public sealed class MvBenchTests : IDisposable
{
    private const string Sequence = """
        [{"video":"Q7XYZ.mp4","question":"What did the person do with the cup?",
          "candidates":["Threw it.","Washed it.","Took it.","Hid it."],"answer":"Washed it.","start":5.2,"end":11.9}]
        """;

    private readonly DataFolder _data = new DataFolder().Write("json/action_sequence.json", Sequence);

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Row_becomes_the_harness_prompt_with_its_last_newline()
    {
        Question question = _data.Clip("video/star/Charades_segment/Q7XYZ.mp4").Read().Questions.Single();

        Assert.Equal(
            "Question:What did the person do with the cup?\nOption:\n(A) Threw it.\n(B) Washed it.\n(C) Took it.\n(D) Hid it.\n"
                + "Only give the best option.\n",
            question.Prompt);
        Assert.Equal(1, question.AnswerIndex);
    }

    [Fact]
    public void Clip_that_is_already_cut_is_not_cut_again()
    {
        MediaSource media = _data.Clip("video/star/Charades_segment/Q7XYZ.mp4").Read().Questions.Single().Media;

        Assert.Equal(new MediaSource(_data.Path("video/star/Charades_segment/Q7XYZ.mp4")), media);
    }

    [Theory]
    [InlineData("video/star/Charades_v1_480/Q7XYZ.mp4")]
    [InlineData("video/data0613/star/Charades_v1_480/Q7XYZ.mp4")]
    public void Whole_video_is_cut_where_the_row_says(string place)
    {
        MediaSource media = _data.Clip(place).Read().Questions.Single().Media;

        Assert.Equal(_data.Path(place), media.Path);
        Assert.Equal((TimeSpan.FromSeconds(5.2), TimeSpan.FromSeconds(11.9)), (media.Start, media.End));
    }

    [Fact]
    public void Folder_of_frames_has_three_a_second()
    {
        _data.Write("json/episodic_reasoning.json", Sequence.Replace("Q7XYZ.mp4", "friends_s01e01"))
            .Write("video/tvqa/frames_fps3_hq/friends_s01e01/00001.jpg", "");

        MediaSource media = _data.Read().Questions.Single(question => question.Groups["task"] == "episodic_reasoning").Media;

        Assert.Equal((3.0, TimeSpan.FromSeconds(5.2)), (media.FrameFolderRate, media.Start));
    }

    [Fact]
    public void Subtask_without_clips_ignores_start_and_end()
    {
        _data.Write("json/moving_count.json", Sequence).Clip("video/clevrer/video_validation/Q7XYZ.mp4");

        MediaSource media = _data.Read().Questions.Single(question => question.Groups["task"] == "moving_count").Media;

        Assert.Equal((null, null), (media.Start, media.End));
    }

    [Fact]
    public void Answer_that_is_no_candidate_is_reported_and_counts_as_wrong()
    {
        _data.Write("json/action_sequence.json", Sequence.Replace("\"answer\":\"Washed it.\"", "\"answer\":\"Broke it.\""));

        QuestionSet set = _data.Read();

        Assert.Null(set.Questions.Single().AnswerIndex);
        Assert.Contains(set.Warnings, warning => warning.Contains("Broke it."));
    }

    [Fact]
    public void Mean_is_taken_over_subtasks()
    {
        QuestionSet set = _data.Read();

        Assert.Equal(new Aggregation("task", 100), set.Protocol.Aggregation);
        Assert.Contains(set.Warnings, warning => warning.StartsWith("19 of 20 subtasks"));
    }
}
