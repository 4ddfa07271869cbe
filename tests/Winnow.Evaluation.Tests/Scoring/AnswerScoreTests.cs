namespace Winnow.Evaluation.Tests.Scoring;

public sealed class AnswerScoreTests
{
    [Theory]
    [InlineData("Blue.", "blue", true)]
    [InlineData("  light \n blue ", "light blue", true)]
    [InlineData("\"yes\"", "yes", true)]
    [InlineData("blueish", "blue", false)]
    [InlineData("", "blue", false)]
    public void Match_ignores_case_space_and_punctuation_at_the_ends(string reply, string answer, bool expected)
    {
        Assert.Equal(expected, AnswerScore.IsExactMatch(reply, answer));
    }

    [Fact]
    public void Agreement_with_recorded_replies_is_to_the_character()
    {
        var reference = new Dictionary<string, string> { ["1"] = "blue", ["2"] = "red" };

        (int equal, int compared, IReadOnlyList<string> unequal) = ReferenceAgreement.Compare(reference,
            [("1", "blue"), ("2", "Red"), ("3", "new")]);

        Assert.Equal((1, 2), (equal, compared));
        Assert.Equal(["2"], unequal);
    }
}
