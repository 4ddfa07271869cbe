using System.CommandLine;
using Winnow.Bench;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow bench</c>: speed and memory of a configuration with made-up weights, as ratios to what the machine can do.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var shapes = new BenchShapes();
        var only = new Option<string[]>("--only") { Description = "Measure this part alone; may be given several times." };
        only.AcceptOnlyFromAmong([.. Enum.GetNames<BenchPart>().Except([nameof(BenchPart.All)]).Select(name => name.ToLowerInvariant())]);
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("bench",
            "Measures the machine, then what this build makes of it. docs/performance.md defines the ratios.")
        {
            only,
            json,
            BenchMethodsCommand.Create(),
            BenchInsideModelCommand.Create(),
            BenchTtftCommand.Create(),
        };
        shapes.AddTo(command);
        Help.AddExamples(
            command,
            "winnow bench",
            "winnow bench --only gemm --json",
            "winnow bench --config llava-onevision-7b --only prefill",
            "winnow bench methods",
            "winnow bench inside-model",
            "winnow bench ttft");
        command.SetAction((parse, cancellation) =>
        {
            string[] parts = parse.GetValue(only) ?? [];
            BenchOptions options = shapes.Options(parse) with { Parts = Parts(parts) };
            if (options.Parts != BenchPart.Memory)
                options = options with { MeasureMemoryApart = stop => BenchProcess.MeasureMemory(shapes.Arguments(parse), stop) };
            BenchReport report = BenchRun.Run(options, shapes.Progress, cancellation);
            if (parse.GetValue(json))
                JsonOutput.Write(report);
            else
                BenchTables.Write(report);
            return Task.FromResult(0);
        });
        return command;
    }

    private static BenchPart Parts(string[] names) => names.Length == 0
        ? BenchPart.All
        : names.Select(name => Enum.Parse<BenchPart>(name, ignoreCase: true)).Aggregate((all, part) => all | part);
}
