using System.CommandLine;
using System.Globalization;
using Winnow.Evaluation;
using Winnow.Evaluation.Running;
using Winnow.Evaluation.Tuning;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow tune [SET]</c>: the method and retention that reach a target at the least time to the first token.</summary>
internal static class TuneCommand
{
    public static Command Create()
    {
        var questions = new EvalOptions("all", "0.5,0.35,0.25,0.15,0.1,0.05");
        var model = new ModelOptions();
        var target = new Option<double>("--target")
        {
            Description = "Share of the full accuracy to keep, in (0, 1].",
            DefaultValueFactory = _ => 0.99,
            HelpName = "SHARE"
        };
        var confidence = new Option<double>("--confidence")
        {
            Description = "How sure the choice must be, in (0, 1).",
            DefaultValueFactory = _ => 0.9,
            HelpName = "SHARE"
        };
        var outFolder = new Option<string?>("--out")
        {
            Description = "Folder that takes the answers; a run that finds some there goes on where it stopped.",
            HelpName = "DIR"
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("tune",
            "Finds the method and retention that keep a share of the accuracy at the least time to the first token.");
        questions.AddTo(command);
        model.AddModelTo(command);
        foreach (Option option in (Option[])[target, confidence, outFolder, json])
            command.Options.Add(option);
        Help.AddExamples(command,
            "winnow tune --target 0.99",
            "winnow tune --target 0.98 --methods mmg-vid,fastvid,rlt+mmg-vid --limit 400 --out results/tune",
            "winnow tune my-questions --model DIR --methods divprune,mmg-vid --retention 0.3,0.2,0.1 --target 0.95");
        command.SetAction(async (parse, cancellation) =>
        {
            RunPlan plan = questions.Plan(parse);
            using var workers = new EvaluationWorkers(parse, model, questions);
            (plan, _) = EvaluationSession.LeaveOutRefused(plan, workers.Answerers[0]);
            string folder = parse.GetValue(outFolder) ?? Directory.CreateTempSubdirectory("winnow-tune-").FullName;
            string commandLine = MachineFacts.Command(parse.Tokens.Select(token => token.Value));
            var tuner = new Tuner(async (part, stop) =>
            {
                await EvaluationSession.AskAsync(part, workers.Answerers, folder, commandLine, stop);
                return [.. EvaluationSession.OfPlan(part, AnswerJournal.ReadAll(folder).Answers)];
            });
            TuningOutcome outcome = await tuner.RunAsync(plan, parse.GetValue(target), parse.GetValue(confidence), cancellation);
            if (parse.GetValue(outFolder) is null)
                Directory.Delete(folder, true);
            if (parse.GetValue(json))
                JsonOutput.Write(outcome);
            else
                Print(outcome, parse.GetValue(confidence));
        });
        return command;
    }

    private static void Print(TuningOutcome outcome, double confidence)
    {
        foreach (Candidate candidate in outcome.Tried.Where(item => item.Summary.Method != MethodSetting.Baseline).Take(10))
            Line($"  {candidate.Summary.Method} at {candidate.Summary.Retention:P0}: {candidate.Summary.AccuracyKept:P1} kept on {candidate.Summary.Questions} questions, {candidate.Certainty:P0} sure, first token after {candidate.Summary.FirstTokenMs:F0} ms");
        if (outcome.Chosen is not { } chosen || outcome.Confirmed is not { } confirmed)
        {
            Line($"Nothing keeps {outcome.Target:P1} of the accuracy with {confidence:P0} confidence: use none, lower the target, or give more questions.");
            return;
        }
        SettingSummary row = confirmed.Summary;
        Line($"{row.Method} at {row.Retention:P0}: {row.AccuracyKept:P1} of the accuracy kept on {row.Questions} questions that took no part in the choice (95% interval {row.Low:P1} to {row.High:P1}).");
        Line($"{confirmed.Certainty:P0} sure of at least {outcome.Target:P1} there ({chosen.Certainty:P0} where it was chosen).");
        Line($"First token after {row.FirstTokenMs:F0} ms instead of {outcome.Whole.FirstTokenMs:F0} ms, {row.VisualTokens:F0} tokens instead of {outcome.Whole.VisualTokens:F0}.");
    }

    private static void Line(FormattableString text) => Console.Out.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
