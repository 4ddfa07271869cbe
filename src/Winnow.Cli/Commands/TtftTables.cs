using System.Globalization;
using Spectre.Console;
using Winnow.Bench;
using Winnow.Engine;
using Winnow.Evaluation;
using Winnow.Evaluation.Running;

namespace Winnow.Cli.Commands;

/// <summary>The report of <c>winnow bench ttft</c> for people: per clip a table of stages and one of places, then the accuracy.</summary>
internal static class TtftTables
{
    public static void Write(FirstTokenReport report, MethodSetting setting, SettingSummary? accuracy)
    {
        foreach (FirstTokenClip clip in report.Clips)
        {
            WriteStages(clip);
            WritePlaces(clip);
        }
        Line($"{setting.Method}, retention {setting.Retention:0.###}; {report.Config}, {report.Weights}, {report.Threads} threads, {report.Path}; {report.Seconds:F0} s");
        foreach (FirstTokenClip clip in report.Clips)
            Line($"{clip.Video}: first token {clip.Speedup:F2} times sooner ({clip.Dense.Seconds:F2} s, {clip.Reduced.Seconds:F2} s)");
        if (accuracy is { AccuracyKept: { } kept })
            Line($"accuracy kept on tinyworld, tiny model: {kept:P1}, 95% interval {accuracy.Low:P1} to {accuracy.High:P1}, {accuracy.Questions} questions");
    }

    private static void WriteStages(FirstTokenClip clip)
    {
        Table table = Start($"{clip.Video}: seconds", "stage");
        Add("choose", path => path.ChooseSeconds);
        Add("decode", path => path.DecodeSeconds);
        Add("encode", path => path.EncodeSeconds);
        Add("reduce", path => path.ReduceSeconds);
        Add("prefill", path => path.PrefillSeconds);
        Add("other", path => path.OtherSeconds);
        Add("first token", path => path.Seconds);
        Terminal.Output.Write(table);

        void Add(string stage, Func<FirstTokenPath, double> seconds) =>
            table.AddRow(stage, Text($"{seconds(clip.Dense):F3}"), Text($"{seconds(clip.Reduced):F3}"));
    }

    private static void WritePlaces(FirstTokenClip clip)
    {
        Table table = Start($"{clip.Video}: tokens", "place");
        if (clip.Reduced.Candidates > 0)
            Add("frames looked at", path => path.Candidates);
        Add("frames", path => path.Frames);
        Add("patches", path => path.Patches);
        Add("before the vision tower", path => path.EncodedPatches);
        Add("behind its last block", path => path.RemainingPatches);
        table.AddRow("rows in its blocks", Text($"{clip.Dense.TowerRowShare:P1}"), Text($"{clip.Reduced.TowerRowShare:P1}"));
        Add("behind the pooling", path => path.VisualTokens);
        Add("into the language model", path => path.KeptTokens);
        Add("rows of the prompt", path => path.PromptRows);
        foreach (LayerCut cut in clip.Reduced.Cuts)
            table.AddRow(Text($"visual rows from layer {cut.Layer} on"), Text($"{clip.Dense.PromptRows}"), Text($"{cut.After}"));
        Terminal.Output.Write(table);

        void Add(string place, Func<FirstTokenPath, long> tokens) =>
            table.AddRow(place, Text($"{tokens(clip.Dense)}"), Text($"{tokens(clip.Reduced)}"));
    }

    private static Table Start(string title, string first) => new Table().Border(TableBorder.Simple).Title(Markup.Escape(title))
        .AddColumn(first).AddColumn("dense", column => column.RightAligned()).AddColumn("reduced", column => column.RightAligned());

    private static void Line(FormattableString text) => Terminal.Output.WriteLine(Text(text));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
