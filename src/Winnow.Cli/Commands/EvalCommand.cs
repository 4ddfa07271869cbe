using System.CommandLine;
using Winnow.Evaluation;
using Winnow.Evaluation.Answering;
using Winnow.Evaluation.Reporting;
using Winnow.Evaluation.Running;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow eval [SET]</c>: what methods lose and gain on questions with known answers.</summary>
internal static class EvalCommand
{
    private const int FailuresPerSetting = 3;

    // Pictures make the page heavy, tens of KB each: one for every method of the catalog, no more.
    private const int MostPictures = 100;
    private const int PicturesPerMethod = 1;
    private const int PictureWidth = 128;
    private const int PictureColumns = 8;

    public static Command Create()
    {
        var questions = new EvalOptions("uniform,random,mmg-vid", "0.25");
        var model = new ModelOptions();
        var outFolder = new Option<string?>("--out")
        {
            Description = "Folder that takes the answers; a run that finds some there goes on where it stopped.",
            HelpName = "DIR"
        };
        var report = new Option<string?>("--report") { Description = "Write the report as one HTML file.", HelpName = "FILE" };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var reference = new Option<bool>("--reference")
        {
            Description = "Compare the answers under none with the recorded ones in reference.jsonl beside the questions."
        };
        var command = new Command("eval", "Runs a question set over methods and retentions: accuracy kept, tokens, time.");
        questions.AddTo(command);
        model.AddModelTo(command);
        foreach (Option option in (Option[])[outFolder, report, json, reference])
            command.Options.Add(option);
        Help.AddExamples(command,
            "winnow eval",
            "winnow eval --methods all --retention 0.5,0.25,0.1 --out results/tinyworld --report report.html",
            "winnow eval eval/tinyworld --methods none --reference",
            "winnow eval /data/MVBench --model llava-onevision-qwen2-7b-ov-hf "
                + "--methods fastvid,holitom --retention 0.25,0.1 --out results/mvbench --shard 1/4",
            "winnow eval /data/LongVideoBench --model DIR --methods prunevid --frames 16 --subtitles interleaved",
            "winnow eval /data/Video-MME --benchmark video-mme --harness v030 --parser harness --limit 100 --json");
        command.SetAction(async (parse, cancellation) =>
        {
            RunPlan plan = questions.Plan(parse);
            IReadOnlyDictionary<string, string>? recorded = parse.GetValue(reference)
                ? ReferenceAgreement.Read(questions.Folder(parse))
                : null;
            using var workers = new EvaluationWorkers(parse, model, questions);
            EvaluationOutcome outcome = await EvaluationSession.RunAsync(
                plan, workers.Answerers, parse.GetValue(outFolder),
                MachineFacts.Command(parse.Tokens.Select(token => token.Value)), cancellation);
            foreach (string submission in Submission.Write(
                plan.Set, outcome.Answers, parse.GetValue(outFolder) ?? Environment.CurrentDirectory))
                await Console.Error.WriteLineAsync($"winnow: wrote {submission} for the benchmark's server");
            if (parse.GetValue(report) is { } file)
                await WriteReportAsync(file, plan, outcome, workers.Answerers[0], cancellation);
            if (parse.GetValue(json))
                JsonOutput.Write(EvaluationText.Json(outcome, plan, recorded));
            else
                EvaluationText.Print(outcome, recorded);
            return outcome.Content.Results.All(row => row.Questions == 0) && plan.Set.HasAnswers ? 1 : 0;
        });
        return command;
    }

    private static async Task WriteReportAsync(
        string file, RunPlan plan, EvaluationOutcome outcome, EngineAnswerer answerer, CancellationToken cancellation)
    {
        var failures = new List<MethodFailure>();
        var pictured = new Dictionary<string, int>();
        foreach (MethodFailure failure in Failures.Of(plan.Set, outcome.Answers, FailuresPerSetting))
        {
            bool hasRoom = failures.Count(item => item.Picture is not null) < MostPictures
                && pictured.GetValueOrDefault(failure.Method) < PicturesPerMethod;
            MethodSetting setting = plan.Settings.Single(item => item.Method == failure.Method && item.Retention == failure.Retention);
            byte[]? picture = hasRoom
                ? await answerer.PictureAsync(failure.Question, setting, PictureWidth, PictureColumns, cancellation)
                : null;
            if (picture is not null)
                pictured[failure.Method] = pictured.GetValueOrDefault(failure.Method) + 1;
            failures.Add(failure with { Picture = picture });
        }
        await File.WriteAllTextAsync(file, HtmlReport.Render(outcome.Content with { Failures = failures }), cancellation);
    }
}
