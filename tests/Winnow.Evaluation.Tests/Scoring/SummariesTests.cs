using Winnow.Evaluation.Parsing;
using Winnow.Evaluation.Running;

namespace Winnow.Evaluation.Tests.Scoring;

public sealed class SummariesTests
{
    private static QuestionSet Set(string? meanOver, params string[] tasks) => new()
    {
        Name = "set",
        Split = "all",
        Questions = [.. tasks.Select((task, index) => new Question
        {
            Id = $"{index}",
            Media = new MediaSource("/v.mp4"),
            Text = "?",
            Prompt = "?",
            AnswerText = "x",
            Groups = new Dictionary<string, string> { ["task"] = task },
            Source = "test",
        })],
        Protocol = new Protocol
        {
            Prompt = "p",
            HarnessParser = new MvBenchParser(),
            MaxNewTokens = 1,
            Aggregation = new Aggregation(meanOver, 100),
            Scorer = Scorer.Exact
        },
    };

    private static AnswerLine Line(
        int id, bool right, string method = "none", double retention = 1, int kept = 100, string reply = "r") => new()
        {
            Id = $"{id}",
            Method = method,
            Retention = retention,
            PromptHash = "",
            Reply = reply,
            Correct = right,
            WholeTokens = 100,
            VisualTokens = kept,
            ReduceMs = 1,
            PrefillMs = 2,
        };

    [Fact]
    public void Accuracy_is_kept_against_the_baseline()
    {
        QuestionSet set = Set(null, "a", "a", "a", "a");
        AnswerLine[] lines = [Line(0, true), Line(1, true), Line(2, true), Line(3, true), Line(0, true, "m", 0.5, 50),
            Line(1, false, "m", 0.5, 50), Line(2, true, "m", 0.5, 50), Line(3, true, "m", 0.5, 50)];

        SettingSummary row = Summaries.Of(set, lines, Scorer.Exact).Single(item => item.Method == "m");

        Assert.Equal((0.75, 0.75, 4, 50.0, true), (row.Accuracy, row.AccuracyKept, row.Questions, row.VisualTokens, row.MeetsBudget));
        Assert.InRange(row.Low!.Value, 0.0, 0.74);
        Assert.Equal(1.0, row.High);
        Assert.Equal(3, row.FirstTokenMs);
    }

    [Fact]
    public void Mean_over_tasks_counts_small_tasks_as_much_as_large_ones()
    {
        QuestionSet set = Set("task", "large", "large", "large", "small");
        AnswerLine[] lines = [Line(0, true), Line(1, true), Line(2, true), Line(3, false)];

        SettingSummary row = Summaries.Of(set, lines, Scorer.Exact).Single();

        Assert.Equal((0.5, 50.0), (row.Accuracy, row.HarnessScore));
        Assert.Equal([("large", 1.0, 3), ("small", 0.0, 1)], row.Groups.Select(group => (group.Value, group.Accuracy, group.Questions)));
    }

    [Fact]
    public void Empty_replies_count_as_wrong_here_and_are_dropped_in_the_harness_score()
    {
        AnswerLine[] lines = [Line(0, true), Line(1, false, reply: "")];

        SettingSummary row = Summaries.Of(Set("task", "a", "a"), lines, Scorer.Exact).Single();

        Assert.Equal((0.5, 100.0), (row.Accuracy, row.HarnessScore));
    }

    [Fact]
    public void Errors_leave_the_denominator_and_are_counted()
    {
        AnswerLine[] lines = [Line(0, true), Line(1, false) with { Error = "no video", Correct = null }];

        SettingSummary row = Summaries.Of(Set(null, "a", "a"), lines, Scorer.Exact).Single();

        Assert.Equal((1.0, 1, 1), (row.Accuracy, row.Questions, row.Errors));
    }

    [Fact]
    public void Tokens_beside_the_budget_are_said()
    {
        AnswerLine[] lines = [Line(0, true), Line(0, true, "m", 0.5, 60)];

        SettingSummary row = Summaries.Of(Set(null, "a"), lines, Scorer.Exact).Single(item => item.Method == "m");

        // 60 tokens where floor(0.5 * 100) = 50 were allowed.
        Assert.Equal(0.2, row.OverBudget, 12);
        Assert.False(row.MeetsBudget);
    }

    [Fact]
    public void Hidden_answers_give_no_accuracy()
    {
        AnswerLine[] lines = [Line(0, true) with { Correct = null }];

        Assert.Null(Summaries.Of(Set(null, "a"), lines, Scorer.Exact).Single().Accuracy);
    }
}
