using System.CommandLine;
using Spectre.Console;
using Winnow.Verification;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow verify DIR</c>: compares this build with recordings of the official code and of the reference library.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var directory = new Argument<string>("dir") { Description = "Folder with recordings, or one recording." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("verify", "Runs every recording under a folder and compares; exits 1 on a mismatch.") { directory, json };
        Help.AddExamples(command, "winnow verify tests/goldens", "winnow verify tests/goldens/mmg-vid --json");
        command.SetAction(
            (parse, cancellation) => Task.FromResult(Run(parse.GetRequiredValue(directory), parse.GetValue(json), cancellation)));
        return command;
    }

    private static int Run(string directory, bool json, CancellationToken cancellation)
    {
        VerificationReport report = json || Console.IsErrorRedirected
            ? Verifier.Run(directory, null, cancellation)
            : RunWithProgress(directory, cancellation);
        if (json)
            JsonOutput.Write(new
            {
                report.Passed,
                report.Failed,
                report.Skipped,
                Cases = report.Cases.Select(
                    item => new { item.File, item.Kind, Status = item.Status.ToString().ToLowerInvariant(), item.Message }),
            });
        else
            Print(report);
        return report.Failed == 0 ? 0 : 1;
    }

    private static VerificationReport RunWithProgress(string directory, CancellationToken cancellation)
    {
        VerificationReport? report = null;
        Terminal.Error.Status().Start("verifying", status =>
        {
            var progress = new ImmediateProgress<VerificationCase>(item => status.Status(Markup.Escape($"verified {item.File}")));
            report = Verifier.Run(directory, progress, cancellation);
        });
        return report!;
    }

    private static void Print(VerificationReport report)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumns("recording", "kind", "status", "message");
        foreach (VerificationCase item in report.Cases)
            table.AddRow(Markup.Escape(item.File), item.Kind, Colour(item.Status), Markup.Escape(item.Message));
        Terminal.Output.Write(table);
        Terminal.Output.WriteLine($"{report.Passed} passed, {report.Failed} failed, {report.Skipped} skipped");
    }

    private static string Colour(CaseStatus status) => status switch
    {
        CaseStatus.Passed => "[green]passed[/]",
        CaseStatus.Failed => "[red]failed[/]",
        _ => "[grey]skipped[/]",
    };
}
