using Winnow.Evaluation.Benchmarks;

namespace Winnow.Evaluation.Tests.Benchmarks;

public sealed class MlvuTests : IDisposable
{
    private const string Needle = """
        [{"video":"needle_77.mp4","duration":467.98,"question":"What falls off the table?",
          "candidates":["A cup","A book","A fork","A hat"],"answer":"A book","question_type":"findNeedle"}]
        """;

    private const string HubRow = """
        {"video_name":"needle_77","duration":468,
        """ + """
        "question":"What falls off the table?\n(A) A cup\n(B) A book\n(C) A fork\n(D) A hat\n(E) A pen\n(F) A key",
        """ + """
        "candidates":["A cup","A book","A fork","A hat","A pen","A key"],"answer":"E","task_type":"needleQA","question_id":"TQ_7"}
        """;

    private readonly DataFolder _data = new();

    public void Dispose() => _data.Dispose();

    [Theory]
    [InlineData("MLVU/video/2_needle/needle_77.mp4")]
    [InlineData("MLVU/video/needle/needle_77.mp4")]
    public void Row_of_the_authors_becomes_the_harness_prompt(string place)
    {
        QuestionSet set = _data.Write("MLVU/json/2_needle.json", Needle).Clip(place).Read();

        Question question = set.Questions.Single();
        Assert.Equal("What falls off the table?\n(A) A cup\n(B) A book\n(C) A fork\n(D) A hat\nOnly give the best option.\nBest option: (",
            question.Prompt);
        Assert.Equal((_data.Path(place), 1, "needle"), (question.Media.Path, question.AnswerIndex, question.Groups["task"]));
        Assert.Equal(new Aggregation("task", 100), set.Protocol.Aggregation);
    }

    [Fact]
    public void Old_harness_has_more_newlines_and_counts_every_question_alike()
    {
        QuestionSet set = _data.Write("MLVU/json/2_needle.json", Needle).Read(new BenchmarkOptions { Harness = HarnessVersion.V030 });

        Assert.Equal(
            "\nWhat falls off the table?\n(A) A cup\n(B) A book\n(C) A fork\n(D) A hat\nOnly give the best option.\n\nBest option: (",
            set.Questions.Single().Prompt);
        Assert.Equal((null, "p1"), (set.Protocol.Aggregation.MeanOver, set.Protocol.HarnessParser.Name));
    }

    [Fact]
    public void Row_of_the_test_part_is_asked_as_it_stands()
    {
        _data.Write("test-00000-of-00001.jsonl", HubRow).Clip("needle_77.mp4");

        QuestionSet set = _data.Read(new BenchmarkOptions { Split = "test" });

        Question question = set.Questions.Single();
        Assert.Equal("What falls off the table?\n(A) A cup\n(B) A book\n(C) A fork\n(D) A hat\n(E) A pen\n(F) A key", question.Prompt);
        Assert.Equal(("What falls off the table?", 4, "needleQA"), (question.Text, question.AnswerIndex, question.Groups["task"]));
        Assert.Equal(_data.Path("needle_77.mp4"), question.Media.Path);
        Assert.Null(set.Protocol.HarnessParser.Parse("E", question.Options));
    }

    [Fact]
    public void Open_ended_tasks_are_left_out()
    {
        _data.Write("MLVU/json/2_needle.json", Needle)
            .Write("MLVU/json/9_summary.json", """[{"video":"s.mp4","question":"Summarise.","answer":"..."}]""");

        Assert.Equal("needle:0", _data.Read().Questions.Single().Id);
    }

    [Fact]
    public void Duplicate_candidates_take_the_first()
    {
        _data.Write("MLVU/json/2_needle.json", Needle.Replace("A fork", "A book"));

        Assert.Equal(1, _data.Read().Questions.Single().AnswerIndex);
    }
}
