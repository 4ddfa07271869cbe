using Winnow.Evaluation.Benchmarks;

namespace Winnow.Evaluation.Tests.Benchmarks;

public sealed class NextQaTests : IDisposable
{
    private const string Csv = """
        video,frame_count,width,height,question,answer,qid,type,a0,a1,a2,a3,a4
        13300123456,812,640,480,why did the girl run to the tree,2,5,CW,to hide,to rest,to fetch the ball,to climb,to shout
        13300123456,812,640,480,"what happened before, at the tree",0,6,TP,"a ""dog"" barked",b,c,d,e
        """;

    private readonly DataFolder _data = new DataFolder().Write("dataset/nextqa/test.csv", Csv);

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Row_becomes_a_prompt_without_instruction()
    {
        QuestionSet set = _data.Clip("NExTVideo/13300123456.mp4").Read();

        Question question = set.Questions[0];
        Assert.Equal(
            "why did the girl run to the tree\nA. to hide\nB. to rest\nC. to fetch the ball\nD. to climb\nE. to shout", question.Prompt);
        Assert.Equal(("13300123456_5", 2, "CW", "C"),
            (question.Id, question.AnswerIndex, question.Groups["task"], question.Groups["kind"]));
        Assert.Equal(_data.Path("NExTVideo/13300123456.mp4"), question.Media.Path);
        Assert.Equal(("test", "p5"), (set.Split, set.Protocol.HarnessParser.Name));
    }

    [Fact]
    public void Quoted_fields_keep_commas_and_quotes_and_TP_counts_as_TN()
    {
        Question question = _data.Read().Questions[1];

        Assert.Equal("what happened before, at the tree", question.Text);
        Assert.Equal("a \"dog\" barked", question.Options[0]);
        Assert.Equal("TN", question.Groups["task"]);
    }

    [Fact]
    public void Videos_of_the_original_tree_are_found_through_the_map()
    {
        _data.Write("map_vid_vidorID.json", """{"13300123456":"0101/13300123456"}""").Clip("NExTVideo/0101/13300123456.mp4");

        Assert.Equal(_data.Path("NExTVideo/0101/13300123456.mp4"), _data.Read().Questions[0].Media.Path);
    }

    [Fact]
    public void Letter_instruction_is_an_option_and_is_recorded()
    {
        QuestionSet set = _data.Read(new BenchmarkOptions { AskForLetter = true });

        Assert.EndsWith("E. to shout\nAnswer with the option's letter from the given choices directly.", set.Questions[0].Prompt);
        Assert.EndsWith("letter-instruction", set.Protocol.Prompt);
    }

    [Fact]
    public void Row_with_a_field_too_few_is_named()
    {
        _data.Write("dataset/nextqa/test.csv", Csv + "\n1,2,3");

        var error = Assert.Throws<WinnowException>(() => _data.Read());

        Assert.Contains("row 3 has 3 fields; the header has 13", error.Message);
    }
}
