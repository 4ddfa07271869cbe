using System.CommandLine;
using System.Globalization;
using Winnow.Engine;
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
        var methods = new Option<string>("--method") { Description = "Methods, separated by commas.", DefaultValueFactory = _ => "mmg-vid", HelpName = "LIST" };
        var retention = new Option<double>("--retention") { Description = "Share of the visual tokens to keep, in (0, 1].", DefaultValueFactory = _ => 0.25, HelpName = "SHARE" };
        var question = new Option<string>("--question") { Description = "The question, for methods that look at it.", DefaultValueFactory = _ => "Describe the video." };
        var files = new Option<string[]>("--out") { Description = "A .png (contact sheet) or .mp4 (film); may be given several times.", DefaultValueFactory = _ => ["kept.png"], HelpName = "FILE" };
        var columns = new Option<int>("--columns") { Description = "Frames beside each other on the sheet.", DefaultValueFactory = _ => 8, HelpName = "N" };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var model = new ModelOptions();
        var command = new Command("show",
            "Shows what methods keep: dropped tokens dimmed, merged ones outlined, segments and budgets on a strip.")
        {
            video, methods, retention, question, files, columns, json,
        };
        model.AddModelTo(command);
        Help.AddExamples(command,
            "winnow show samples/shapes.mp4 --method mmg-vid,uniform --retention 0.1 --out kept.png",
            "winnow show VIDEO --method fastvid,holitom --out kept.mp4 --out kept.png");
        command.SetAction(async (parse, cancellation) =>
        {
            string[] names = parse.GetRequiredValue(methods).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            string[] targets = [.. parse.GetRequiredValue(files).Select(Check)];
            MethodSetting[] settings = [.. names.Select(name => name == MethodSetting.Baseline ? MethodSetting.Whole : MethodSetting.Of(name, parse.GetValue(retention)))];
            if (settings.FirstOrDefault(setting => setting.Method != MethodSetting.Baseline && setting.Choice.Reducer is null) is { } inside)
                throw new WinnowException(
                    $"{inside.Method} decides inside the language model, while the prompt is read; there is no picture of that. Choose"
                    + $" a method after the encoder.");
            if (parse.GetValue(columns) < 1)
                throw new WinnowException($"--columns is {parse.GetValue(columns)}; it must be at least 1.");
            using VideoEngine engine = model.LoadEngine(parse);
            // A sheet shows all methods on the frames of one whole encoding; what they would do inside the encoder is not on it.
            EncodeOptions options = model.Frames(parse) with { Needs = [.. settings.SelectMany(setting => setting.Choice.Reducer?.Needs ?? [])] };
            EncodedClip clip = await EncodingProgress.RunAsync(engine, parse.GetRequiredValue(video), options, parse.GetValue(json), cancellation);
            SampledVideo<Frame> frames = await engine.ReadFramesAsync(parse.GetRequiredValue(video), options, cancellation);
            KeptView[] views = [.. settings.Select(setting => new KeptView(
                string.Create(CultureInfo.InvariantCulture, $"{setting.Method} {100 * setting.Retention:0.#}%"),
                new KeptTokens(clip.Video.Grid, engine.Reduce(clip, setting.Choice, parse.GetRequiredValue(question)))))];
            foreach (string target in targets)
                await WriteAsync(target, frames, views, parse.GetValue(columns), cancellation);
            Print(parse.GetValue(json), targets, settings, views);
        });
        return command;
    }

    private static string Check(string file) => Path.GetExtension(file).ToLowerInvariant() is Picture or Film
        ? file
        : throw new WinnowException($"--out {file} must end in {Picture} (contact sheet) or {Film} (film).");

    private static async Task WriteAsync(string file, SampledVideo<Frame> video, IReadOnlyList<KeptView> views, int columns, CancellationToken cancellation)
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

    private static void Print(bool json, string[] files, MethodSetting[] settings, KeptView[] views)
    {
        if (json)
            JsonOutput.Write(new
            {
                Files = files,
                Methods = settings.Zip(views, (setting, view) => new
                {
                    setting.Method,
                    setting.Retention,
                    VisualTokens = view.Kept.Grid.Count,
                    KeptTokens = view.Kept.Count,
                    view.Kept.PerFrame,
                    view.Kept.SegmentStarts,
                }),
            });
        else
            foreach (string file in files)
                Console.Out.WriteLine(file);
    }
}
