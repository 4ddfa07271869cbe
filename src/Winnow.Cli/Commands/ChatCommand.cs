using System.CommandLine;
using Winnow.Engine;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow chat VIDEO</c>: several questions about one video; later ones reuse what was read.</summary>
internal static class ChatCommand
{
    public static Command Create()
    {
        var video = new Argument<string>("video") { Description = "Video file, in any format that ffmpeg reads." };
        var model = new ModelOptions();
        var answer = new AnswerSettings();
        var command = new Command("chat", "Answers one question after another about a video; an empty line or end of input ends it.")
        {
            video
        };
        model.AddTo(command);
        answer.AddTo(command);
        Help.AddExamples(command,
            "winnow chat samples/shapes.mp4",
            "printf 'What colour is the star?\\nWhich letter flashes on the screen?\\n' | winnow chat samples/shapes.mp4");
        command.SetAction((parse, cancellation) => RunAsync(parse, parse.GetRequiredValue(video), model, answer.Read(parse), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        ParseResult parse, string video, ModelOptions model, AnswerOptions options, CancellationToken cancellation)
    {
        ReductionChoice choice = model.Choice(parse);
        using VideoEngine engine = model.LoadEngine(parse);
        EncodedClip clip = await EncodingProgress.RunAsync(engine, video, model.Encode(parse, choice), quiet: false, cancellation);
        using Conversation conversation = engine.Start(clip, choice);
        while (ReadQuestion() is { Length: > 0 } question)
        {
            await foreach (string piece in conversation.AskAsync(question, options, cancellation))
                Console.Out.Write(piece);
            Console.Out.WriteLine();
            AccountText.Print(conversation.Account!, model.Method(parse));
        }
        return 0;
    }

    private static string? ReadQuestion()
    {
        if (!Console.IsInputRedirected)
            Console.Error.Write("> ");
        return Console.In.ReadLine()?.Trim();
    }
}
