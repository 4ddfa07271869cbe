using Winnow.Evaluation.Benchmarks;

namespace Winnow.Evaluation.Tests.Benchmarks;

public sealed class LongVideoBenchTests : IDisposable
{
    private const string Fields = """
        "video_id":"vXyZ123abcd","id":"vXyZ123abcd_0","question":"At the harbour, after the bell rings, what appears?",
        """ + """
        "question_wo_referring_query":"What appears?","position":[1180,1320],"topic_category":"NP-News-Programs",
        """ + """
        "question_category":"T3E","level":"L2-Relation","duration_group":600,"duration":412.4,"video_path":"vXyZ123abcd.mp4",
        """ + """
        "subtitle_path":"vXyZ123abcd_en.json","starting_timestamp_for_subtitles":0,"view_count":12000
        """;

    private readonly DataFolder _data = new DataFolder().Clip("videos/vXyZ123abcd.mp4");

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Row_becomes_the_harness_prompt_with_its_last_newline()
    {
        _data.Write("lvb_val.json", $$"""[{{{Fields}},"candidates":["a ferry","a gull","a crate","a flag"],"correct_choice":0}]""");

        QuestionSet set = _data.Read();

        Question question = set.Questions.Single();
        Assert.Equal(
            "At the harbour, after the bell rings, what appears?\nA. a ferry\nB. a gull\nC. a crate\nD. a flag\n"
                + "Answer with the option's letter from the given choices directly.\n",
            question.Prompt);
        Assert.Equal((0, "a ferry"), (question.AnswerIndex, question.AnswerText));
        Assert.Equal("600", question.Groups["duration_group"]);
        Assert.Equal((32, "p4", 1.0), (set.Protocol.MaxNewTokens, set.Protocol.HarnessParser.Name, set.Protocol.Aggregation.Scale));
    }

    [Fact]
    public void Only_the_stated_duration_of_the_file_is_looked_at()
    {
        _data.Write("lvb_val.json", $$"""[{{{Fields}},"candidates":["a ferry","a gull"],"correct_choice":0}]""");

        Assert.Equal(new MediaSource(_data.Path("videos/vXyZ123abcd.mp4")) { End = TimeSpan.FromSeconds(412.4) },
            _data.Read().Questions.Single().Media);
    }

    [Fact]
    public void Table_rows_drop_the_filling_options()
    {
        _data.Write("validation-00000-of-00001.jsonl", $$"""
            {{{Fields}},"option0":"a ferry","option1":"a gull","option2":"a crate",
            """ + """
            "option3":"N/A","option4":"N/A","correct_choice":2}
            """);

        Question question = _data.Read().Questions.Single();

        Assert.Equal(["a ferry", "a gull", "a crate"], question.Options);
        Assert.Equal(2, question.AnswerIndex);
    }

    [Theory]
    [InlineData("""
        [{"start":"00:00:20.000","end":"00:00:30.000","line":"The bell rings."},
         {"start":"00:00:26.000","end":"00:00:26.400","line":"Look!"},
         {"start":"00:00:27.000","end":"00:00:40.000","line":"Nobody sees this."}]
        """, 0)]
    [InlineData("""
        [{"timestamp":[120.0,130.0],"text":"The bell rings."},
         {"timestamp":[126.0,126.4],"text":"Look!"},
         {"timestamp":[127.0,140.0],"text":"Nobody sees this."}]
        """, 100)]
    public void Subtitles_after_the_video_are_those_that_a_frame_lies_in(string subtitles, int offset)
    {
        string fields = Fields.Replace("\"starting_timestamp_for_subtitles\":0",
            $"\"starting_timestamp_for_subtitles\":{offset}", StringComparison.Ordinal);
        _data.Write("lvb_val.json", $$"""[{{{fields}},"candidates":["a ferry","a gull"],"correct_choice":0}]""");
        _data.Write("subtitles/vXyZ123abcd_en.json", subtitles);

        // 412.4 s at 30 frames a second: 12,372 frames, 16 of them 773 apart, one every 25.77 s.
        QuestionSet set = _data.Read(new BenchmarkOptions { Subtitles = SubtitlePlacement.AfterVideo, Probe = _ => (12400, 30) });

        Assert.StartsWith("The bell rings.\nLook!\nAt the harbour,", set.Questions.Single().Prompt);
        Assert.Contains("longvideobench_val_i", set.Protocol.Prompt);
    }

    [Fact]
    public void Subtitles_between_the_frames_are_told_with_their_times()
    {
        string silentFields = Fields.Replace("\"vXyZ123abcd_0\"", "\"vXyZ123abcd_1\"", StringComparison.Ordinal)
            .Replace("_en.json", "_none.json", StringComparison.Ordinal);
        _data.Write("lvb_val.json", $$"""
            [{{{Fields}},"candidates":["a ferry","a gull"],"correct_choice":0},
             {{{silentFields}},"candidates":["a ferry","a gull"],"correct_choice":0}]
            """);
        _data.Write("subtitles/vXyZ123abcd_en.json",
            """[{"timestamp":[20,30],"text":"The bell rings."},{"timestamp":[26.0,26.4],"text":"Look!"}]""");

        QuestionSet set = _data.Read(new BenchmarkOptions { Subtitles = SubtitlePlacement.Interleaved });

        Question told = set.Questions[0], silent = set.Questions[1];
        Assert.StartsWith("At the harbour,", told.Prompt);
        Assert.Equal(["The bell rings.", "Look!"], told.Subtitles!.Select(line => line.Text));
        Assert.Equal((20, 30), (told.Subtitles![0].Start, told.Subtitles[0].End));
        // 0.4 s are widened to a second around their middle.
        Assert.Equal((25.7, 26.7), (Math.Round(told.Subtitles[1].Start, 9), Math.Round(told.Subtitles[1].End, 9)));
        Assert.True(told.Media.InEqualSteps);
        // Without a file its frames are strung together all the same.
        Assert.Empty(silent.Subtitles!);
        Assert.Contains("longvideobench_val_i/frames of one video", set.Protocol.Prompt);
    }

    [Fact]
    public void Open_end_of_a_subtitle_is_the_end_of_the_video()
    {
        _data.Write("s.json", """[{"timestamp":[5.0,null],"text":"a"}]""");

        Assert.Equal([new TimedLine(5, 100, "a")], LongVideoBenchSubtitles.Read(_data.Path("s.json"), 100, 0));
    }

    [Fact]
    public void Hidden_answers_of_the_test_part_stay_unknown()
    {
        _data.Write("lvb_test_wo_gt.json", $$"""[{{{Fields}},"candidates":["a ferry","a gull"]}]""");

        QuestionSet set = _data.Read(new BenchmarkOptions { Split = "test" });

        Assert.False(set.HasAnswers);
    }
}
