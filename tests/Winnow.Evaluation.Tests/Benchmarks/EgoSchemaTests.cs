using Winnow.Evaluation.Benchmarks;

namespace Winnow.Evaluation.Tests.Benchmarks;

public sealed class EgoSchemaTests : IDisposable
{
    private const string Prompt =
        "What is c's overall aim?\nA. C cooks.\nB. C cleans.\nC. C paints.\nD. C packs.\nE. C rests.\n"
        + "Answer with the option's letter from the given choices directly.";

    private readonly DataFolder _data = new DataFolder().Clip("videos/1f0c-aa.mp4");

    public void Dispose() => _data.Dispose();

    private void WriteAuthors() => _data
        .Write("questions.json", """
            [{"q_uid":"1f0c-aa","google_drive_id":"x1","question":"What is c's overall aim?",
              "option 0":"C cooks.","option 1":"C cleans.","option 2":"C paints.","option 3":"C packs.","option 4":"C rests."},
             {"q_uid":"2e1d-bb","google_drive_id":"x2","question":"Why?",
              "option 0":"a","option 1":"b","option 2":"c","option 3":"d","option 4":"e"}]
            """)
        .Write("subset_answers.json", """{"1f0c-aa": 3}""");

    [Fact]
    public void Subset_holds_the_questions_with_public_answers()
    {
        WriteAuthors();

        QuestionSet set = _data.Read();

        Question question = set.Questions.Single();
        Assert.Equal(("subset", Prompt, 3), (set.Split, question.Prompt, question.AnswerIndex));
        Assert.Equal(_data.Path("videos/1f0c-aa.mp4"), question.Media.Path);
        Assert.Equal(("p5e", 16), (set.Protocol.HarnessParser.Name, set.Protocol.MaxNewTokens));
    }

    [Fact]
    public void Full_part_knows_no_answer()
    {
        WriteAuthors();

        QuestionSet set = _data.Read(new BenchmarkOptions { Split = "full" });

        Assert.Equal(2, set.Questions.Count);
        Assert.False(set.HasAnswers);
    }

    [Fact]
    public void Rows_of_the_hub_have_letters_and_an_answer_in_a_text()
    {
        _data.Write("Subset/test-00000-of-00001.jsonl", """
            {"question_idx":"12","question":"What is c's overall aim?","video_idx":"1f0c-aa",
            """ + """
            "option":["A. C cooks.","B. C cleans.","C. C paints.","D. C packs.","E. C rests."],"answer":"1"}
            """);

        Question question = _data.Read().Questions.Single();

        Assert.Equal((Prompt, 1, "C cleans."), (question.Prompt, question.AnswerIndex, question.AnswerText));
    }
}
