using System.Globalization;
using Spectre.Console;
using Winnow.Evaluation;
using Winnow.Evaluation.Reporting;
using Winnow.Evaluation.Running;

namespace Winnow.Cli;

/// <summary>
/// Runs a plan with progress on standard error. Without a folder of the user's the answers go to a temporary one,
/// which stays only if the run is broken off.
/// </summary>
internal static class EvaluationSession
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(20);

    public static async Task<EvaluationOutcome> RunAsync(
        RunPlan plan, IReadOnlyList<IAnswerer> answerers, string? folder, string command, CancellationToken cancellation)
    {
        (RunPlan runnable, IReadOnlyList<(string, string)> refused) = LeaveOutRefused(plan, answerers[0]);
        string place = folder ?? Directory.CreateTempSubdirectory("winnow-eval-").FullName;
        try
        {
            await AskAsync(runnable, answerers, place, command, cancellation);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync(
                $"winnow: broken off; the answers so far are kept: run the same command with --out {place} to go on");
            throw;
        }
        (IReadOnlyList<RunStart> starts, IReadOnlyList<AnswerLine> all) = AnswerJournal.ReadAll(place);
        if (folder is null)
            Directory.Delete(place, true);
        AnswerLine[] answers = [.. OfPlan(runnable, all)];
        if (folder is not null && plan.Shard != Shard.Whole)
            await Console.Error.WriteLineAsync(
                $"winnow: part {plan.Shard} is done; {place} holds answers to {answers.Select(line => line.Id).Distinct().Count()} of "
                    + $"{(runnable with { Shard = Shard.Whole }).Questions.Count} questions. When all parts are done there, "
                    + "the same command without --shard makes one table of them and asks nothing twice");
        return new EvaluationOutcome(
            new ReportContent
            {
                Set = plan.Set,
                Results = Summaries.Of(plan.Set, answers, plan.Scorer, plan.Seed),
                Starts = starts,
                Ceiling = MachineFacts.Ceiling(),
                Refused = refused
            },
            answers);
    }

    /// <summary>Takes the settings out that the model, or the way the questions are asked, cannot have.</summary>
    public static (RunPlan Plan, IReadOnlyList<(string Method, string Reason)> Refused) LeaveOutRefused(RunPlan plan, IAnswerer answerer)
    {
        var refusals = plan.Settings
            .Select(setting => (Setting: setting, Reason: answerer.Refusal(setting) ?? plan.Refusal(setting)))
            .ToArray();
        IReadOnlyList<(string Method, string Reason)> refused = [.. refusals
            .Where(pair => pair.Reason is not null)
            .Select(pair => (pair.Setting.Method, pair.Reason!))
            .Distinct()];
        return (plan with { Settings = [.. refusals.Where(pair => pair.Reason is null).Select(pair => pair.Setting)] }, refused);
    }

    /// <summary>Asks what a folder does not hold yet, with progress on standard error.</summary>
    /// <param name="plan">What is asked; settings that the models refuse are taken out.</param>
    /// <param name="answerers">Models that answer alike, side by side.</param>
    /// <param name="folder">Takes the answers.</param>
    /// <param name="command">The command line.</param>
    /// <param name="cancellation">Ends the run after the answers under way.</param>
    public static async Task AskAsync(
        RunPlan plan, IReadOnlyList<IAnswerer> answerers, string folder, string command, CancellationToken cancellation)
    {
        var start = new RunStart
        {
            Conditions = plan.Conditions.Concat(answerers[0].Conditions).ToDictionary(),
            Command = command,
            Versions = MachineFacts.Versions(),
            Machine = MachineFacts.Machine(),
            Started = TimeProvider.System.GetUtcNow(),
            Shard = plan.Shard.ToString(),
        };
        using var journal = AnswerJournal.Open(folder, start);
        var runner = new EvaluationRunner(answerers, TimeProvider.System);
        if (Console.IsErrorRedirected)
            await runner.RunAsync(plan, journal, new ImmediateProgress<RunProgress>(Lines()), cancellation);
        else
            await Terminal.Error.Status().StartAsync("asking", status =>
                runner.RunAsync(
                    plan,
                    journal,
                    new ImmediateProgress<RunProgress>(progress => status.Status(Markup.Escape(Text(progress)))),
                    cancellation));
    }

    /// <summary>
    /// Answers to the plan's questions under its settings: a folder may hold those of other methods or of
    /// more questions. Other shards' count as well.
    /// </summary>
    public static IEnumerable<AnswerLine> OfPlan(RunPlan plan, IEnumerable<AnswerLine> answers)
    {
        HashSet<string> ids = [.. (plan with { Shard = Shard.Whole }).Questions.Select(question => question.Id)];
        Dictionary<(string, double), int> order = plan.Settings
            .Select((setting, index) => ((setting.Method, setting.Retention), index))
            .ToDictionary(pair => pair.Item1, pair => pair.index);
        return answers
            .Where(line => ids.Contains(line.Id) && order.ContainsKey((line.Method, line.Retention)))
            .OrderBy(line => order[(line.Method, line.Retention)]);
    }

    private static Action<RunProgress> Lines()
    {
        long last = TimeProvider.System.GetTimestamp();
        return progress =>
        {
            if (TimeProvider.System.GetElapsedTime(last) < LineEvery)
                return;
            last = TimeProvider.System.GetTimestamp();
            Console.Error.WriteLine($"winnow: {Text(progress)}");
        };
    }

    private static string Text(RunProgress progress) => string.Create(CultureInfo.InvariantCulture,
        $"{progress.Done} of {progress.Total} answers, {progress.PerSecond:F1} a second, "
            + $"{Left(progress.Left)} left{(progress.Errors > 0 ? $", {progress.Errors} errors" : "")}");

    private static string Left(TimeSpan? left) =>
        left is { } time ? time.ToString(time.TotalHours >= 1 ? @"d\.hh\:mm\:ss" : @"mm\:ss", CultureInfo.InvariantCulture) : "?";
}
