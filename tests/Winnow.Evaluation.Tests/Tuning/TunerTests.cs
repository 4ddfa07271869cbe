using Winnow.Evaluation.Parsing;
using Winnow.Evaluation.Running;
using Winnow.Evaluation.Tuning;

namespace Winnow.Evaluation.Tests.Tuning;

public sealed class TunerTests
{
    private const int Questions = 1200;

    private static readonly QuestionSet Set = new()
    {
        Name = "set",
        Split = "all",
        Questions = [.. Enumerable.Range(0, Questions).Select(i => new Question
        {
            Id = $"{i}",
            Media = new MediaSource($"/{i / 3}.mp4"),
            Text = "?",
            Prompt = "?",
            AnswerText = "x",
            Source = "test"
        })],
        Protocol = new Protocol
        {
            Prompt = "p",
            HarnessParser = new StrictParser(),
            MaxNewTokens = 1,
            Aggregation = Aggregation.Micro,
            Scorer = Scorer.Exact
        },
    };

    private readonly List<(string Method, double Retention, int Questions)> _asked = [];
    private readonly HashSet<string> _lastAsked = [];

    /// <summary>Accuracy of the stand-in methods; the baseline answers everything.</summary>
    private static double Skill(MethodSetting setting) => (setting.Method, setting.Retention) switch
    {
        ("none", _) => 1,
        ("uniform", 0.5) => 0.999,
        ("uniform", _) => 0.5,
        (_, 0.5) => 1,
        (_, 0.25) => 0.999,
        _ => 0.7,
    };

    private Task<IReadOnlyList<AnswerLine>> AskAsync(RunPlan plan, CancellationToken cancellation)
    {
        _lastAsked.Clear();
        _lastAsked.UnionWith(plan.Questions.Select(question => question.Id));
        foreach (MethodSetting setting in plan.Settings)
            _asked.Add((setting.Method, setting.Retention, plan.Questions.Count));
        IReadOnlyList<AnswerLine> lines = [.. from setting in plan.Settings
                                              from question in plan.Questions
                                              select new AnswerLine
                                              {
                                                  Id = question.Id,
                                                  Method = setting.Method,
                                                  Retention = setting.Retention,
                                                  PromptHash = "",
                                                  Correct = new Random(HashCode(question.Id, setting)).NextDouble() < Skill(setting),
                                                  WholeTokens = 100,
                                                  VisualTokens = 100 * setting.Retention,
                                                  PrefillMs = 100 * setting.Retention,
                                              }];
        return Task.FromResult(lines);
    }

    private static int HashCode(string id, MethodSetting setting) =>
        int.Parse(id) * 7919 + (int)(setting.Retention * 1000) + setting.Method.Length * 104729;

    private Task<TuningOutcome> RunAsync(double target, params double[] retentions) => new Tuner(AskAsync).RunAsync(
        new RunPlan { Set = Set, Settings = MethodSetting.Of(["uniform", "mmg-vid"], retentions), Scorer = Scorer.Exact },
        target, 0.9, default);

    [Fact]
    public async Task Fastest_setting_that_reaches_the_target_is_chosen_and_confirmed()
    {
        TuningOutcome outcome = await RunAsync(0.98, 0.5, 0.25, 0.1);

        Assert.Equal(("mmg-vid", 0.25), (outcome.Chosen!.Summary.Method, outcome.Chosen.Summary.Retention));
        Assert.Equal(("mmg-vid", 0.25), (outcome.Confirmed!.Summary.Method, outcome.Confirmed.Summary.Retention));
        Assert.True(outcome.Confirmed.Certainty > 0.9);
        Assert.True(outcome.Confirmed.Summary.FirstTokenMs < outcome.Whole.FirstTokenMs);
    }

    [Fact]
    public async Task Confirmation_shares_no_video_with_the_choice()
    {
        await RunAsync(0.98, 0.5, 0.25);

        HashSet<int> confirming = [.. _lastAsked.Select(id => int.Parse(id) / 3)];
        Assert.Equal(Questions / 2, _lastAsked.Count);
        Assert.All(confirming, video => Assert.Equal(1, video % 2));
    }

    [Fact]
    public async Task Hopeless_settings_leave_after_the_first_round()
    {
        await RunAsync(0.98, 0.5, 0.25, 0.1);

        Assert.Single(_asked, item => item is { Method: "mmg-vid", Retention: 0.1 });
        Assert.Single(_asked, item => item is { Method: "uniform", Retention: 0.25 });
    }

    [Fact]
    public async Task Target_out_of_reach_chooses_nothing()
    {
        TuningOutcome outcome = await RunAsync(1, 0.1);

        Assert.Null(outcome.Chosen);
        Assert.Equal("none", outcome.Whole.Method);
    }

    [Theory]
    [InlineData(0.0, 0.9)]
    [InlineData(1.1, 0.9)]
    [InlineData(0.9, 1.0)]
    public async Task Numbers_out_of_range_are_refused(double target, double confidence)
    {
        var plan = new RunPlan { Set = Set, Settings = [MethodSetting.Whole], Scorer = Scorer.Exact };

        await Assert.ThrowsAsync<WinnowException>(() => new Tuner(AskAsync).RunAsync(plan, target, confidence, default));
    }
}
