using Winnow.Evaluation.Reporting;
using Winnow.Evaluation.Running;

namespace Winnow.Evaluation.Tests.Reporting;

public sealed class SubmissionTests
{
    private static AnswerLine Line(string id, char? letter, string reply) =>
        new() { Id = id, Method = "none", Retention = 1, PromptHash = "", Letter = letter, Reply = reply };

    [Fact]
    public void EgoSchema_takes_numbers_with_minus_one_for_no_letter()
    {
        Assert.Equal("""{"1f0c":2,"2e1d":-1}""", Submission.EgoSchema([Line("1f0c", 'C', "C."), Line("2e1d", null, "hm")]));
    }

    [Fact]
    public void LongVideoBench_takes_replies()
    {
        Assert.Equal("""{"v_0":"C"}""", Submission.LongVideoBench([Line("v_0", 'C', "C")]));
    }

    [Fact]
    public void Files_are_written_only_where_answers_are_hidden()
    {
        using var data = new DataFolder();
        data
            .Write("questions.json", """
                [{"q_uid":"1f0c","google_drive_id":"x","question":"?",
                  "option 0":"a","option 1":"b","option 2":"c","option 3":"d","option 4":"e"}]
                """)
            .Write("subset_answers.json", """{"1f0c": 2}""");
        AnswerLine[] answers = [Line("1f0c", 'C', "C")];

        IReadOnlyList<string> hidden = Submission.Write(data.Read(new() { Split = "full" }), answers, data.Root),
            known = Submission.Write(data.Read(), answers, data.Root);

        Assert.Empty(known);
        Assert.Equal("""{"1f0c":2}""", File.ReadAllText(Assert.Single(hidden)));
    }
}
