using Winnow.Evaluation.Benchmarks;
using Winnow.Tests;

namespace Winnow.Evaluation.Tests.Benchmarks;

public sealed class BenchmarkCatalogTests
{
    [Fact]
    public void Embedded_set_is_read_with_all_its_questions()
    {
        QuestionSet set = BenchmarkCatalog.Read(Repository.Path("eval/tinyworld"), null, new BenchmarkOptions());

        Assert.Equal(("tinyworld", 2282, 300),
            (set.Name, set.Questions.Count, set.Questions.Select(question => question.Media).Distinct().Count()));
        Assert.Equal(("What colour is the star?", "blue", 0),
            (set.Questions[0].Prompt, set.Questions[0].AnswerText, set.Questions[0].AnswerIndex));
        Assert.All(set.Questions, question => Assert.True(File.Exists(question.Media.Path)));
    }

    [Fact]
    public void Unknown_layout_lists_the_known_ones()
    {
        using var data = new DataFolder();

        var error = Assert.Throws<WinnowException>(() => data.Read());

        Assert.All(BenchmarkCatalog.All, benchmark => Assert.Contains(benchmark.Name, error.Message));
    }

    [Fact]
    public void Unknown_name_lists_the_known_ones()
    {
        using var data = new DataFolder();

        var error = Assert.Throws<WinnowException>(() => data.Read(name: "youtube"));

        Assert.Contains("mvbench", error.Message);
    }

    [Fact]
    public void Same_id_twice_is_refused()
    {
        using var data = new DataFolder();
        const string Row = """{"id":"1","video":"a.mp4","question":"Q?","answer":"x"}""";
        data.Write("questions.jsonl", Row + "\n" + Row);

        var error = Assert.Throws<WinnowException>(() => data.Read());

        Assert.Contains("line 2: the id 1 stands twice", error.Message);
    }

    [Fact]
    public void Own_questions_show_their_options_only_when_a_letter_is_asked_for()
    {
        using var data = new DataFolder();
        data.Write("questions.jsonl", """{"id":"1","video":"a.mp4","question":"Which?","answer":"y","options":["x","y"]}""");

        QuestionSet plain = data.Read(), lettered = data.Read(new BenchmarkOptions { AskForLetter = true });

        Assert.Equal(("Which?", Scorer.Exact), (plain.Questions[0].Prompt, plain.Protocol.Scorer));
        Assert.Equal(("Which?\nA. x\nB. y\nAnswer with the option's letter from the given choices directly.", Scorer.Letter),
            (lettered.Questions[0].Prompt, lettered.Protocol.Scorer));
    }

    [Fact]
    public void Broken_line_names_its_place()
    {
        using var data = new DataFolder();
        data.Write("questions.jsonl", "{\"id\":\n");

        var error = Assert.Throws<WinnowException>(() => data.Read());

        Assert.Contains("questions.jsonl, line 1: no JSON", error.Message);
    }
}
