using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Winnow.Bench;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow bench inside-model</c>: what methods inside the language model save and cost, beside their papers' figures.</summary>
internal static class BenchInsideModelCommand
{
    private static readonly string[] Columns =
    [
        "method", "paper's setting", "visual rows", "FLOPs", "TTFT", "cache", "tokens/s", "before", "extra inside", "extra FLOPs", "paper",
    ];

    public static Command Create()
    {
        var shapes = new BenchShapes();
        var method = new Option<string[]>("--method")
        {
            Description = "Measure this method alone; may be given several times.",
            HelpName = "NAME",
        };
        var frames = new Option<int>("--frames")
        {
            Description = "Frames of the made-up video.",
            DefaultValueFactory = _ => InsideModelBench.DefaultFrames,
            HelpName = "N",
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command(
            "inside-model",
            "Measures each method inside the language model or on its cache at its paper's setting: FLOPs as counted, time to first token, "
            + "cache, decoding, and what the method itself costs.")
        {
            method,
            frames,
            json,
        };
        shapes.AddTo(command);
        Help.AddExamples(
            command,
            "winnow bench inside-model",
            "winnow bench inside-model --method fastv --method prunevid --json",
            "winnow bench inside-model --config tiny --frames 8");
        command.SetAction((parse, cancellation) =>
        {
            int count = parse.GetValue(frames);
            if (count < 1)
                throw new WinnowException($"--frames is {count}; it must be at least 1.");
            string[] only = parse.GetValue(method) ?? [];
            InsideModelReport report = InsideModelBench.Run(shapes.Options(parse), count, only, shapes.Progress, cancellation);
            if (parse.GetValue(json))
                JsonOutput.Write(report);
            else
                Print(report);
            return Task.FromResult(0);
        });
        return command;
    }

    private static void Print(InsideModelReport report)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumns(Columns);
        foreach (InsideModelResult row in report.Methods.Prepend(report.Dense))
            table.AddRow([.. (row.Error is null ? Cells(row, report.Dense) : [$"{row.Method}", $"{row.Setting}", $"{row.Error}"])
                .Select(cell => Markup.Escape(cell.ToString(CultureInfo.InvariantCulture)))]);
        Terminal.Output.Write(table);
        Terminal.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Config}, {report.Weights}, {report.Threads} threads; {report.Frames} frames, {report.Tokens} visual tokens; dense: "
            + $"{report.Dense.PrefillOperations / 1e9:F1} GFLOP, {report.Dense.FirstTokenSeconds:F2} s to the first token, "
            + $"{report.Dense.CacheBytes / 1e6:F1} MB of cache, {report.Dense.TokensPerSecond:F1} tokens/s"));
    }

    private static FormattableString[] Cells(InsideModelResult row, InsideModelResult dense) =>
    [
        $"{row.Method}",
        $"{row.Setting}",
        $"{row.Entering} > {row.Leaving}",
        $"{100 * row.PrefillOperations / dense.PrefillOperations:F1}%",
        $"{dense.FirstTokenSeconds / row.FirstTokenSeconds:F2}x",
        $"{100.0 * row.CacheBytes / dense.CacheBytes:F1}%",
        $"{row.TokensPerSecond / dense.TokensPerSecond:F2}x",
        $"{1e3 * row.BeforeModelSeconds:F0} ms",
        $"{1e3 * row.ExtraSeconds:F0} ms",
        $"{100 * row.ExtraOperations / dense.PrefillOperations:F2}%",
        $"{row.Claim}",
    ];
}
