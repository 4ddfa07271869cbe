using System.CommandLine;
using System.Text;
using Winnow.Engine;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow ask VIDEO QUESTION</c>: the main job.</summary>
internal static class AskCommand
{
    public static Command Create()
    {
        var video = new Argument<string>("video") { Description = "Video file, in any format that ffmpeg reads." };
        var question = new Argument<string>("question") { Description = "What to ask." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object instead of streaming." };
        var model = new ModelOptions();
        var answer = new AnswerSettings();
        var command = new Command("ask", "Answers a question about a video.") { video, question, json };
        model.AddTo(command);
        answer.AddTo(command);
        Help.AddExamples(command,
            "winnow ask samples/shapes.mp4 \"What colour is the star?\"",
            "winnow ask samples/shapes.mp4 \"Describe the video.\" --method none",
            "winnow ask VIDEO QUESTION --model llava-onevision-qwen2-0.5b-ov-hf --retention 0.1 --json",
            "winnow ask VIDEO QUESTION --method mmg-vid --set segmentThreshold=0.8 --frames 64");
        command.SetAction((parse, cancellation) =>
            RunAsync(
                parse, parse.GetRequiredValue(video), parse.GetRequiredValue(question),
                parse.GetValue(json), model, answer.Read(parse), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        ParseResult parse, string video, string question, bool json,
        ModelOptions model, AnswerOptions options, CancellationToken cancellation)
    {
        ReductionChoice choice = model.Choice(parse);
        using VideoEngine engine = model.LoadEngine(parse);
        EncodedClip clip = await EncodingProgress.RunAsync(engine, video, model.Encode(parse, choice, question), quiet: json, cancellation);
        using Conversation conversation = engine.Start(clip, choice);
        var answer = new StringBuilder();
        await foreach (string piece in conversation.AskAsync(question, options, cancellation))
        {
            answer.Append(piece);
            if (!json)
                Console.Out.Write(piece);
        }
        if (json)
        {
            JsonOutput.Write(AccountText.Json(answer.ToString(), conversation.Account!, model.Method(parse), model.Retention(parse)));
            return 0;
        }
        Console.Out.WriteLine();
        AccountText.Print(conversation.Account!, model.Method(parse));
        return 0;
    }
}
