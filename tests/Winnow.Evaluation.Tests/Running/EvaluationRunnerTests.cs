using Winnow.Evaluation.Benchmarks;
using Winnow.Evaluation.Running;

namespace Winnow.Evaluation.Tests.Running;

public sealed class EvaluationRunnerTests : IDisposable
{
    private const int Videos = 4;
    private const int QuestionsPerVideo = 3;

    private readonly DataFolder _data = new();
    private readonly QuestionSet _set;
    private readonly Dictionary<string, string> _right;

    public EvaluationRunnerTests()
    {
        for (int video = 0; video < Videos; video++)
            _data.Write($"{video}.mp4", "");
        _data.Write("questions.jsonl", string.Join('\n',
            from video in Enumerable.Range(0, Videos)
            from question in Enumerable.Range(0, QuestionsPerVideo)
            select $$"""
                {"id":"{{video}}-{{question}}","video":"{{video}}.mp4","task":"t{{question}}",
                """ + $$"""
                "question":"Q {{video}}.{{question}}?","answer":"yes","options":["no","yes"]}
                """));
        _set = _data.Read();
        _right = _set.Questions.ToDictionary(question => question.Prompt, question => question.AnswerText!);
    }

    private static IReadOnlyList<MethodSetting> Settings { get; } = MethodSetting.Of(["uniform", "random"], [0.5, 0.25]);

    private string Out => _data.Path("out");

    public void Dispose() => _data.Dispose();

    private RunPlan Plan(Scorer scorer = Scorer.Exact) => new() { Set = _set, Settings = Settings, Scorer = scorer };

    private static RunStart Start(RunPlan plan, IAnswerer answerer) => new()
    {
        Conditions = plan.Conditions.Concat(answerer.Conditions).ToDictionary(),
        Command = "winnow eval",
        Versions = new Dictionary<string, string>(),
        Machine = new Dictionary<string, string>(),
        Started = DateTimeOffset.UnixEpoch,
        Shard = plan.Shard.ToString(),
    };

    private async Task<IReadOnlyList<AnswerLine>> RunAsync(RunPlan plan, StandInAnswerer answerer, IProgress<RunProgress>? progress = null)
    {
        using var journal = AnswerJournal.Open(Out, Start(plan, answerer));
        await new EvaluationRunner([answerer], TimeProvider.System).RunAsync(plan, journal, progress, default);
        return [.. journal.Answers];
    }

    [Fact]
    public void Settings_hold_the_baseline_once_and_every_method_at_every_retention()
    {
        Assert.Equal([("none", 1.0), ("uniform", 0.5), ("uniform", 0.25), ("random", 0.5), ("random", 0.25)],
            MethodSetting.Of(["uniform", "none", "random"], [0.25, 0.5]).Select(setting => (setting.Method, setting.Retention)));
    }

    [Fact]
    public void Settings_of_all_methods_follow_the_catalog()
    {
        IEnumerable<string> methods = MethodSetting.Of(["all"], [0.5]).Select(setting => setting.Method);

        Assert.Contains("mmg-vid", methods);
        Assert.Equal(methods.Distinct(), methods);
    }

    [Fact]
    public async Task Run_encodes_every_video_once_and_asks_every_question_under_every_setting()
    {
        var answerer = new StandInAnswerer(_right);

        IReadOnlyList<AnswerLine> answers = await RunAsync(Plan(), answerer);

        Assert.Equal(Videos, answerer.Encoded.Count);
        Assert.Equal(Videos * QuestionsPerVideo * Settings.Count, answers.Count);
        Assert.All(answers.Where(line => line.Method == "none"), line => Assert.True(line.Correct));
    }

    [Fact]
    public async Task Several_models_share_the_videos_and_ask_nothing_twice()
    {
        StandInAnswerer[] answerers = [new(_right), new(_right)];
        RunPlan plan = Plan();
        using var journal = AnswerJournal.Open(Out, Start(plan, answerers[0]));

        await new EvaluationRunner(answerers, TimeProvider.System).RunAsync(plan, journal, null, default);

        Assert.Equal(Videos * QuestionsPerVideo * Settings.Count, journal.Answers.Count);
        Assert.Equal(journal.Answers.Count, answerers.Sum(answerer => answerer.Asked));
        Assert.Equal(Videos, answerers.SelectMany(answerer => answerer.Encoded).Distinct().Count());
    }

    [Fact]
    public async Task Interrupted_run_is_resumed_and_asks_nothing_twice()
    {
        var stopped = new StandInAnswerer(_right) { CancelAfter = 22 };
        await Assert.ThrowsAsync<OperationCanceledException>(() => RunAsync(Plan(), stopped));
        var resumed = new StandInAnswerer(_right);

        IReadOnlyList<AnswerLine> answers = await RunAsync(Plan(), resumed);

        Assert.Equal(Videos * QuestionsPerVideo * Settings.Count, answers.Count);
        Assert.Equal(answers.Count, stopped.Asked + resumed.Asked);
    }

    [Fact]
    public async Task Line_that_was_cut_short_is_written_again()
    {
        await RunAsync(Plan(), new StandInAnswerer(_right));
        string file = Path.Combine(Out, "answers.jsonl");
        string text = await File.ReadAllTextAsync(file);
        await File.WriteAllTextAsync(file, text[..^40]);
        var resumed = new StandInAnswerer(_right);

        IReadOnlyList<AnswerLine> answers = await RunAsync(Plan(), resumed);

        Assert.Equal(1, resumed.Asked);
        Assert.Equal(Videos * QuestionsPerVideo * Settings.Count, answers.Count);
    }

    [Fact]
    public async Task Damaged_line_in_the_middle_is_named()
    {
        await RunAsync(Plan(), new StandInAnswerer(_right));
        string file = Path.Combine(Out, "answers.jsonl");
        string[] lines = await File.ReadAllLinesAsync(file);
        lines[3] = "{broken";
        await File.WriteAllLinesAsync(file, lines);

        var error = await Assert.ThrowsAsync<WinnowException>(() => RunAsync(Plan(), new StandInAnswerer(_right)));

        Assert.Contains("answers.jsonl, line 4 is damaged", error.Message);
    }

    [Fact]
    public async Task Results_of_another_model_are_not_mixed_in()
    {
        await RunAsync(Plan(), new StandInAnswerer(_right));
        var other = new StandInAnswerer(_right) { Conditions = new Dictionary<string, string> { ["model"] = "another" } };

        var error = await Assert.ThrowsAsync<WinnowException>(() => RunAsync(Plan(), other));

        Assert.Contains("model = stand-in", error.Message);
    }

    [Fact]
    public async Task Missing_video_becomes_error_lines_that_are_tried_again()
    {
        File.Delete(_data.Path("1.mp4"));
        IReadOnlyList<AnswerLine> first = await RunAsync(Plan(), new StandInAnswerer(_right));
        _data.Write("1.mp4", "");

        IReadOnlyList<AnswerLine> second = await RunAsync(Plan(), new StandInAnswerer(_right));

        Assert.Equal(QuestionsPerVideo * Settings.Count, first.Count(line => line.Error is not null));
        Assert.DoesNotContain(second, line => line.Error is not null);
    }

    [Fact]
    public async Task Shards_share_the_videos_and_together_make_the_whole()
    {
        foreach (string shard in (string[])["1/3", "2/3", "3/3"])
            await RunAsync(Plan() with { Shard = Shard.Parse(shard) }, new StandInAnswerer(_right));

        (IReadOnlyList<RunStart> starts, IReadOnlyList<AnswerLine> answers) = AnswerJournal.ReadAll(Out);

        Assert.Equal(3, starts.Count);
        Assert.Equal(Videos * QuestionsPerVideo * Settings.Count, answers.Count);
    }

    [Fact]
    public async Task Run_of_the_whole_finds_what_its_shards_have_answered()
    {
        int asked = 0;
        foreach (string shard in (string[])["2/4", "4/4"])
        {
            var part = new StandInAnswerer(_right);
            await RunAsync(Plan() with { Shard = Shard.Parse(shard) }, part);
            asked += part.Asked;
        }
        var rest = new StandInAnswerer(_right);

        IReadOnlyList<AnswerLine> answers = await RunAsync(Plan(), rest);

        Assert.Equal(2, rest.Encoded.Count);
        Assert.Equal(Videos * QuestionsPerVideo * Settings.Count, answers.Count);
        Assert.Equal(answers.Count, asked + rest.Asked);
        var again = new StandInAnswerer(_right);
        await RunAsync(Plan() with { Shard = Shard.Parse("1/4") }, again);
        Assert.Equal(0, again.Asked);
    }

    [Fact]
    public async Task Shard_of_another_model_is_not_taken_up()
    {
        var other = new StandInAnswerer(_right) { Conditions = new Dictionary<string, string> { ["model"] = "another" } };
        await RunAsync(Plan() with { Shard = Shard.Parse("2/4") }, other);

        var error = await Assert.ThrowsAsync<WinnowException>(() => RunAsync(Plan(), new StandInAnswerer(_right)));

        Assert.Contains("answers-2-of-4.jsonl holds results with model = another", error.Message);
    }

    [Fact]
    public async Task Error_of_one_shard_does_not_hide_the_answer_of_another()
    {
        await RunAsync(Plan() with { Shard = Shard.Parse("1/2") }, new StandInAnswerer(_right));
        File.Delete(_data.Path("0.mp4"));
        string first = Path.Combine(Out, "answers-1-of-2.jsonl"), hidden = _data.Path("hidden");
        File.Move(first, hidden);
        await RunAsync(Plan() with { Limit = QuestionsPerVideo }, new StandInAnswerer(_right));
        // Read behind answers-1-of-2.jsonl, by its name.
        File.Move(Path.Combine(Out, "answers.jsonl"), Path.Combine(Out, "answers-2-of-2.jsonl"));
        File.Move(hidden, first);

        Assert.DoesNotContain(AnswerJournal.ReadAll(Out).Answers, line => line.Error is not null);
    }

    [Fact]
    public async Task Answer_to_other_subtitles_is_no_answer()
    {
        IEnumerable<Question> Told(double end) => _set.Questions.Select(
            question => question with { Subtitles = [new TimedLine(1, end, "a")] });
        RunPlan plan = Plan() with { Set = _set with { Questions = [.. Told(2)] } };
        await RunAsync(plan, new StandInAnswerer(_right));
        StandInAnswerer same = new(_right), later = new(_right);

        await RunAsync(plan, same);
        await RunAsync(plan with { Set = _set with { Questions = [.. Told(2.5)] } }, later);

        Assert.Equal((0, Videos * QuestionsPerVideo * Settings.Count), (same.Asked, later.Asked));
    }

    [Fact]
    public async Task Second_process_on_the_same_file_is_refused()
    {
        var answerer = new StandInAnswerer(_right);
        using var journal = AnswerJournal.Open(Out, Start(Plan(), answerer));

        var error = await Assert.ThrowsAsync<WinnowException>(() => RunAsync(Plan(), answerer));

        Assert.Contains("--shard", error.Message);
    }

    [Theory]
    [InlineData("0/3")]
    [InlineData("4/3")]
    [InlineData("1")]
    [InlineData("a/b")]
    public void Shard_out_of_range_is_refused(string text)
    {
        var error = Assert.Throws<WinnowException>(() => Shard.Parse(text));

        Assert.Contains(text, error.Message);
    }

    [Fact]
    public async Task Limit_takes_the_first_questions()
    {
        IReadOnlyList<AnswerLine> answers = await RunAsync(Plan() with { Limit = 4 }, new StandInAnswerer(_right));

        Assert.Equal(["0-0", "0-1", "0-2", "1-0"], answers.Select(line => line.Id).Distinct());
    }

    [Fact]
    public async Task Progress_ends_at_the_total_with_no_time_left()
    {
        var reports = new List<RunProgress>();

        await RunAsync(Plan(), new StandInAnswerer(_right), new ListProgress(reports));

        Assert.Equal((60, 60, TimeSpan.Zero), (reports[^1].Done, reports[^1].Total, reports[^1].Left));
    }

    [Fact]
    public async Task Likelihood_scorer_takes_the_most_likely_option()
    {
        IReadOnlyList<AnswerLine> answers = await RunAsync(Plan(Scorer.Likelihood), new StandInAnswerer(_right));

        Assert.All(answers, line => Assert.Equal(('B', true), (line.Letter, line.Correct)));
    }

    [Fact]
    public async Task Letter_scorer_counts_replies_without_a_letter_as_wrong()
    {
        RunPlan plan = Plan(Scorer.Letter) with { Set = _data.Read(new BenchmarkOptions { AskForLetter = true }) };
        var answerer = new StandInAnswerer(plan.Set.Questions.ToDictionary(question => question.Prompt, _ => "hm"));

        IReadOnlyList<SettingSummary> rows = Summaries.Of(plan.Set, await RunAsync(plan, answerer), Scorer.Letter);

        Assert.Equal((Videos * QuestionsPerVideo, 0.0), (rows[0].Unparsed, rows[0].Accuracy));
    }

    private sealed class ListProgress(List<RunProgress> reports) : IProgress<RunProgress>
    {
        public void Report(RunProgress value) => reports.Add(value);
    }
}
