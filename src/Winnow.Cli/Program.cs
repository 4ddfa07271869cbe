using System.CommandLine;
using Winnow.Cli;
using Winnow.Cli.Commands;

var root = new RootCommand("Winnow answers questions about videos with open video LLMs and throws redundant visual tokens away on the way.")
{
    AskCommand.Create(),
    ChatCommand.Create(),
    MethodsCommand.Create(),
    BenchCommand.Create(),
    QuantizeCommand.Create(),
    VerifyCommand.Create(),
    EvalCommand.Create(),
    ShowCommand.Create(),
    TuneCommand.Create(),
};
Help.AddExamples(root,
    "winnow ask samples/shapes.mp4 \"What colour is the star?\"",
    "winnow ask VIDEO QUESTION --method divprune --retention 0.1 --json",
    "winnow chat samples/shapes.mp4",
    "winnow methods",
    "winnow verify tests/goldens",
    "winnow eval --methods all --retention 0.5,0.25,0.1 --report report.html",
    "winnow show samples/shapes.mp4 --method mmg-vid,uniform --out kept.png");
return await Host.RunAsync(root, args);
