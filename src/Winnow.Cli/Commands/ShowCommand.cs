using System.CommandLine;
using Winnow.Engine;
using Winnow.Evaluation.Answering;
using Winnow.Evaluation.Pictures;
using Winnow.Evaluation.Running;
using Winnow.Media;
using Winnow.Video;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow show VIDEO</c>: what methods keep of a video, as pictures.</summary>
internal static class ShowCommand
{
    private const string Picture = ".png";
    private const string Film = ".mp4";
    private const double FallbackRate = 1;

    public static Command Create()
    {
        var video = new Argument<string>("video") { Description = "Video file." };
        var methods = new Option<string>("--method")
        {
            Description = "Methods, separated by commas; methods of different places are joined by +.",
            DefaultValueFactory = _ => "mmg-vid",
            HelpName = "LIST"
        };
        var retention = new Option<double>("--retention")
        {
            Description = "Share of the visual tokens to keep, in (0, 1].",
            DefaultValueFactory = _ => 0.25,
            HelpName = "SHARE"
        };
        var question = new Option<string>("--question")
        {
            Description = "The question, for methods that look at it.",
            DefaultValueFactory = _ => "Describe the video.",
            HelpName = "TEXT"
        };
        var files = new Option<string[]>("--out")
        {
            Description = "A .png (contact sheet) or .mp4 (film); may be given several times.",
            DefaultValueFactory = _ => ["kept.png"],
            HelpName = "FILE"
        };
        var columns = new Option<int>("--columns")
        {
            Description = "Frames beside each other on the sheet.",
            DefaultValueFactory = _ => 8,
            HelpName = "N"
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var model = new ModelOptions();
        var command = new Command("show",
            "Shows what methods keep, in the vision encoder, behind it and inside the language model: "
                + "dropped tokens dimmed, merged ones outlined, repeated patches blue, segments and budgets on a strip.")
        {
            video, methods, retention, question, files, columns, json,
        };
        model.AddModelTo(command);
        Help.AddExamples(command,
            "winnow show samples/shapes.mp4 --method mmg-vid,uniform --retention 0.1 --out kept.png",
            "winnow show samples/shapes.mp4 --method rlt+mmg-vid+fastv --question 'What colour is the star?'",
            "winnow show VIDEO --method fastvid,holitom --out kept.mp4 --out kept.png");
        command.SetAction(async (parse, cancellation) =>
        {
            string[] names = parse.GetRequiredValue(methods)
                .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            string[] targets = [.. parse.GetRequiredValue(files).Select(Check)];
            MethodSetting[] settings = [.. names.Select(
                name => name == MethodSetting.Baseline ? MethodSetting.Whole : MethodSetting.Of(name, parse.GetValue(retention)))];
            if (parse.GetValue(columns) < 1)
                throw new WinnowException($"--columns is {parse.GetValue(columns)}; it must be at least 1.");
            using VideoEngine engine = model.LoadEngine(parse);
            DecodedClip decoded = await engine.DecodeAsync(parse.GetRequiredValue(video), model.Frames(parse), cancellation);
            SampledVideo<Frame> frames = await engine.ReadFramesAsync(parse.GetRequiredValue(video), model.Frames(parse), cancellation);
            var views = new List<(MethodSetting Setting, KeptView View)>();
            foreach (MethodSetting setting in settings)
            {
                EncodedClip clip = await engine.EncodeAsync(decoded, model.Frames(parse).For(setting.Choice), null, cancellation);
                views.AddRange((await KeptViews.OfAsync(engine, clip, setting, parse.GetRequiredValue(question), cancellation))
                    .Select(view => (setting, view)));
            }
            foreach (string target in targets)
                await WriteAsync(target, frames, [.. views.Select(pair => pair.View)], parse.GetValue(columns), cancellation);
            Print(parse.GetValue(json), targets, views);
        });
        return command;
    }

    private static string Check(string file) => Path.GetExtension(file).ToLowerInvariant() is Picture or Film
        ? file
        : throw new WinnowException($"--out {file} must end in {Picture} (contact sheet) or {Film} (film).");

    private static async Task WriteAsync(
        string file, SampledVideo<Frame> video, IReadOnlyList<KeptView> views, int columns, CancellationToken cancellation)
    {
        if (Path.GetExtension(file).ToLowerInvariant() == Picture)
        {
            await File.WriteAllBytesAsync(file, Png.Encode(KeptPictures.Sheet(video.Frames, views, columns)), cancellation);
            return;
        }
        // The film lasts as long as the video.
        double rate = video.Info.Duration is { TotalSeconds: > 0 } duration ? video.Frames.Count / duration.TotalSeconds : FallbackRate;
        await VideoWriter.WriteAsync(file, KeptPictures.Film(video.Frames, views), rate, cancellation: cancellation);
    }

    private static void Print(bool json, string[] files, List<(MethodSetting Setting, KeptView View)> views)
    {
        if (json)
            JsonOutput.Write(new { Files = files, Methods = views.Select(pair => Describe(pair.Setting, pair.View)) });
        else
            foreach (string file in files)
                Console.Out.WriteLine(file);
    }

    private static object Describe(MethodSetting setting, KeptView view) => new
    {
        setting.Method,
        setting.Retention,
        view.Title,
        Counts = view.Kept.AreTokens ? "tokens" : "patches",
        VisualTokens = view.Kept.Grid.Count,
        KeptTokens = view.Kept.Count,
        view.Kept.PerFrame,
        view.Kept.SegmentStarts,
        Before = view.Before.Select(before => new { before.Title, KeptTokens = before.Kept.Count, before.Kept.PerFrame }),
    };
}
