using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Winnow.Bench;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow bench methods</c>: time and allocation of each method beside the prefill that it saves on.</summary>
internal static class BenchMethodsCommand
{
    public static Command Create()
    {
        var shapes = new BenchShapes();
        var method = new Option<string[]>("--method")
        {
            Description = "Measure this method alone; may be given several times.",
            HelpName = "NAME"
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command(
            "methods",
            $"Measures each method after the encoder on {MethodBench.Frames} made-up frames at {MethodBench.Retention:P0} retention.")
        {
            method,
            json,
        };
        shapes.AddTo(command);
        Help.AddExamples(command, "winnow bench methods", "winnow bench methods --method divprune --json");
        command.SetAction((parse, cancellation) =>
        {
            MethodReport report = MethodBench.Run(shapes.Options(parse), parse.GetValue(method) ?? [], shapes.Progress, cancellation);
            if (parse.GetValue(json))
                JsonOutput.Write(report);
            else
                Print(report);
            return Task.FromResult(0);
        });
        return command;
    }

    private static string Red(string text) => $"[red]{Markup.Escape(text)}[/]";

    private static void Print(MethodReport report)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumns("method", "kept", "ms", "allocated MB", "share of prefill");
        foreach (MethodResult row in report.Methods.OrderBy(row => row.Seconds))
        {
            string share = row.PrefillShare.ToString("P2", CultureInfo.InvariantCulture);
            table.AddRow(
                row.Method,
                row.Error is null ? row.Kept.ToString(CultureInfo.InvariantCulture) : "",
                row.Error is null ? (row.Seconds * 1e3).ToString("F1", CultureInfo.InvariantCulture) : "",
                row.Error is null ? (row.AllocatedBytes / 1e6).ToString("F1", CultureInfo.InvariantCulture) : "",
                row.Error is { } error ? Red(error) : row.PrefillShare > report.PrefillShareLimit ? Red(share) : share);
        }
        Terminal.Output.Write(table);
        Terminal.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"dense prefill of {report.Tokens} tokens, {report.Config}, {report.Weights}: {report.DensePrefillSeconds:F2} s; "
            + $"at most {report.PrefillShareLimit:P0} of it for a method"));
    }
}
