using System.CommandLine;
using Winnow.Bench;
using Winnow.Engine;
using Winnow.Evaluation;
using Winnow.Evaluation.Answering;
using Winnow.Evaluation.Benchmarks;
using Winnow.Evaluation.Running;

namespace Winnow.Cli.Commands;

/// <summary>
/// <c>winnow bench ttft</c>: time to the first token with everything in it, dense and reduced, and what the same methods leave of the
/// tiny model's accuracy.
/// </summary>
internal static class BenchTtftCommand
{
    // The combination whose cost and accuracy docs/performance.md holds side by side.
    private const string DefaultMethod = "rlt:threshold=0.25+zoo-prune:retention=0.4:probe=false";
    private const double DefaultRetention = 0.25;
    private const int DefaultQuestions = 300;

    public static Command Create()
    {
        var shapes = new BenchShapes();
        var video = new Option<string[]>("--video")
        {
            Description = "A video; may be given several times. Without it the real clip and the drawn one of this repository.",
            HelpName = "FILE"
        };
        var method = new Option<string>("--method")
        {
            Description = "Methods of different places joined by +, each may carry parameters: rlt:threshold=0.2+mmg-vid.",
            DefaultValueFactory = _ => DefaultMethod,
            HelpName = "NAME"
        };
        var retention = new Option<double>("--retention")
        {
            Description = "Share of the visual tokens to keep, in (0, 1]; for every method that carries none of its own.",
            DefaultValueFactory = _ => DefaultRetention,
            HelpName = "SHARE"
        };
        var frames = new Option<int>("--frames") { Description = "Frames to look at.", DefaultValueFactory = _ => 32, HelpName = "N" };
        var questions = new Option<int>("--questions")
        {
            Description = "Questions of tinyworld that the tiny model answers under the same methods; 0 for none, all of them with 2282.",
            DefaultValueFactory = _ => DefaultQuestions,
            HelpName = "N"
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("ttft",
            "Measures the time to the first token, decoding and vision tower included, "
                + "without and with methods, and the accuracy that they keep.");
        foreach (Option option in (Option[])[video, method, retention, frames, questions, json])
            command.Options.Add(option);
        shapes.AddTo(command);
        Help.AddExamples(command,
            "winnow bench ttft",
            "winnow bench ttft --method rlt+tome:retention=0.5+mmg-vid+fastv --retention 0.2",
            "winnow bench ttft --video holiday.mp4 --frames 8 --questions 0 --json",
            "winnow bench ttft --config tiny --questions 0");
        command.SetAction(async (parse, cancellation) =>
        {
            int asked = parse.GetValue(questions);
            if (asked < 0)
                throw new WinnowException($"--questions is {asked}; it must be 0 or more.");
            BenchOptions bench = shapes.Options(parse);
            var setting = MethodSetting.Of(parse.GetRequiredValue(method), parse.GetValue(retention));
            FirstTokenReport report = await FirstTokenBench.RunAsync(new FirstTokenOptions
            {
                Configuration = bench.Configuration,
                Weights = bench.Weights,
                Threads = bench.Threads,
                LanguageFolder = DefaultModel.Folder,
                Videos = parse.GetValue(video) is { Length: > 0 } files ? files : DefaultFootage.Files,
                Frames = parse.GetValue(frames),
                Choice = setting.Choice,
            }, shapes.Progress, cancellation);
            SettingSummary? accuracy = asked == 0 ? null : await AccuracyAsync(setting, asked, bench.Threads, parse, cancellation);
            if (parse.GetValue(json))
                JsonOutput.Write(new { setting.Method, setting.Retention, FirstToken = report, Accuracy = accuracy });
            else
                TtftTables.Write(report, setting, accuracy);
            return 0;
        });
        return command;
    }

    private static async Task<SettingSummary> AccuracyAsync(
        MethodSetting setting, int questions, int threads, ParseResult parse, CancellationToken cancellation)
    {
        QuestionSet set = BenchmarkCatalog.Read(DefaultSet.Folder, null, new BenchmarkOptions { Probe = VideoFacts.Probe });
        var plan = new RunPlan { Set = set, Settings = [MethodSetting.Whole, setting], Scorer = set.Protocol.Scorer, Limit = questions };
        using var engine = VideoEngine.Load(DefaultModel.Folder, new EngineOptions { Threads = threads });
        // The very same settings as in the measurement: no search for the retention that meets a number of tokens.
        var answerer = new EngineAnswerer(
            engine, new EncodeOptions(), new Dictionary<string, string> { ["model"] = "tiny" }, equalTokens: false);
        EvaluationOutcome outcome = await EvaluationSession.RunAsync(
            plan, [answerer], null, MachineFacts.Command(parse.Tokens.Select(token => token.Value)), cancellation);
        return outcome.Content.Results.FirstOrDefault(row => row.Method == setting.Method) ?? throw new WinnowException(
            $"The accuracy under {setting.Method} cannot be measured: "
                + $"{string.Join(" ", outcome.Content.Refused.Select(refusal => refusal.Reason))} Leave it out with --questions 0.");
    }
}
