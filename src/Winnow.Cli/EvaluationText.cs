using System.Globalization;
using Spectre.Console;
using Winnow.Evaluation;
using Winnow.Evaluation.Running;

namespace Winnow.Cli;

/// <summary>The result of an evaluation for people and for machines.</summary>
internal static class EvaluationText
{
    private const double MiB = 1024 * 1024;

    public static object Json(EvaluationOutcome outcome, RunPlan plan, IReadOnlyDictionary<string, string>? reference)
    {
        RunStart start = outcome.Content.Starts[^1];
        return new
        {
            Set = plan.Set.Name,
            plan.Set.Split,
            start.Conditions,
            start.Versions,
            Machine = start.Machine.Concat(outcome.Content.Ceiling).ToDictionary(),
            Commands = outcome.Content.Starts.Select(item => item.Command).Distinct(),
            outcome.Content.Notes,
            Refused = outcome.Content.Refused.Select(item => new { item.Method, item.Reason }),
            Reference = reference is null ? null : Agreement(outcome, reference),
            outcome.Content.Results,
        };
    }

    public static void Print(EvaluationOutcome outcome, IReadOnlyDictionary<string, string>? reference)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumns("method", "retention");
        foreach (string column in (string[])[
            "tokens", "accuracy", "kept", "95% interval", "first token", "reduce", "prefill", "GFLOP", "cache", "questions"
        ])
            table.AddColumn(column, cell => cell.RightAligned());
        foreach (SettingSummary row in outcome.Content.Results)
            table.AddRow(
                $"[bold]{Markup.Escape(row.Method)}[/]",
                Text($"{row.Retention:P0}"),
                Text($"{row.VisualTokens:F1}") + (row.MeetsBudget ? "" : Text($" ({row.OverBudget:+0%;-0%})")),
                Share(row.Accuracy),
                Share(row.AccuracyKept),
                row.Low is null ? "-" : $"{Share(row.Low)} to {Share(row.High)}",
                Text($"{row.FirstTokenMs:F0} ms"),
                Text($"{row.ReduceMs:F1} ms"),
                Text($"{row.PrefillMs:F0} ms"),
                Text($"{row.PrefillFlops / 1e9:F2}"),
                Text($"{row.CacheBytes / MiB:F1} MiB"),
                Text($"{row.Questions}"));
        Terminal.Output.Write(table);
        foreach (string note in outcome.Content.Notes)
            Terminal.Output.WriteLine($"note: {note}");
        RunStart start = outcome.Content.Starts[^1];
        PrintFacts("run", start.Conditions);
        PrintFacts("machine", start.Machine.Concat(outcome.Content.Ceiling).Concat(start.Versions));
        Terminal.Output.WriteLine(Text($"peak memory: {outcome.Content.Results.Select(row => row.PeakBytes).DefaultIfEmpty().Max() / MiB:F0} MiB, of the whole process"));
        Terminal.Output.WriteLine($"command: {start.Command}");
        if (reference is not null)
        {
            ReferenceShare agreement = Agreement(outcome, reference);
            Terminal.Output.WriteLine(
                Text($"reference: {agreement.Equal} of {agreement.Compared} answers are the recorded ones ({agreement.Share:P2})"));
            if (agreement.Unequal.Count > 0)
                Terminal.Output.WriteLine($"unequal: {string.Join(", ", agreement.Unequal)}");
        }
    }

    private static void PrintFacts(string title, IEnumerable<KeyValuePair<string, string>> facts) =>
        Terminal.Output.WriteLine($"{title}: {string.Join("; ", facts.Select(pair => $"{pair.Key} {pair.Value}"))}");

    private static ReferenceShare Agreement(EvaluationOutcome outcome, IReadOnlyDictionary<string, string> reference)
    {
        (int equal, int compared, IReadOnlyList<string> unequal) = ReferenceAgreement.Compare(
            reference,
            outcome.Answers.Where(line => line.Method == MethodSetting.Baseline && line.Error is null)
                .Select(line => (line.Id, line.Reply)));
        return new ReferenceShare(equal, compared, compared == 0 ? 0 : (double)equal / compared, unequal);
    }

    private static string Share(double? value) => value is { } share ? Text($"{share:P1}") : "-";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record ReferenceShare(int Equal, int Compared, double Share, IReadOnlyList<string> Unequal);
}
