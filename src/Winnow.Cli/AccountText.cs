using System.Globalization;
using Winnow.Engine;
using Winnow.Models.Encode;

namespace Winnow.Cli;

/// <summary>What an answer cost, for people and for machines.</summary>
internal static class AccountText
{
    private const double MiB = 1024 * 1024;

    public static object Json(string answer, TurnAccount account, string method, double retention) => new
    {
        Answer = answer,
        Tokens = new
        {
            Visual = account.VisualTokens,
            Kept = account.KeptTokens,
            Prompt = account.PromptTokens,
            Generated = account.GeneratedTokens
        },
        Milliseconds = new
        {
            Choose = Milliseconds(account.Times.Choose),
            Decode = Milliseconds(account.Times.Decode),
            Encode = Milliseconds(account.Times.Encode),
            Reduce = Milliseconds(account.Times.Reduce),
            Prefill = Milliseconds(account.Times.Prefill),
            Generate = Milliseconds(account.Times.Generate),
            FirstToken = Milliseconds(account.Times.FirstToken),
        },
        PeakMemoryBytes = PeakMemory.Bytes,
        CacheBytes = account.CacheBytes,
        Method = method,
        Retention = retention,
        account.Frames,
        account.Segments,
        account.Candidates,
        Tower = new { account.Tower.Patches, account.Tower.Encoded, account.Tower.Remaining, account.Tower.Rows, account.Tower.DenseRows },
        Cuts = account.Cuts.Select(cut => new { cut.Layer, cut.Before, cut.After }),
    };

    public static void Print(TurnAccount account, string method)
    {
        StageTimes times = account.Times;
        string segments = account.Segments > 0 ? $" in {account.Segments} segments" : "";
        double kept = (double)account.KeptTokens / account.VisualTokens;
        Line($"{account.Frames} frames{segments}; {account.VisualTokens} visual tokens, {account.KeptTokens} kept by {method} ({kept:P1})");
        if (account.Candidates > 0)
            Line($"chosen from {account.Candidates} candidates in {Text(times.Choose)}");
        TowerWork tower = account.Tower;
        if (tower.Rows < tower.DenseRows)
        {
            Line($"before the vision tower: {tower.Encoded} of {tower.Patches} patches are encoded");
            double share = (double)tower.Rows / tower.DenseRows;
            Line($"inside it: {tower.Remaining} are left behind the last block, {share:P1} of its rows are computed");
        }
        foreach (LayerCut cut in account.Cuts)
            Line($"language model, layer {cut.Layer}: {cut.Before} visual rows become {cut.After}");
        string prefill = $"prefill {Text(times.Prefill)} ({account.PromptTokens} rows)",
            generate = $"generate {Text(times.Generate)} ({account.GeneratedTokens} tokens)";
        Line($"decode {Text(times.Decode)}, encode {Text(times.Encode)}, reduce {Text(times.Reduce)}, {prefill}, {generate}");
        double peak = PeakMemory.Bytes / MiB, cache = account.CacheBytes / MiB;
        Line($"first token after {Text(times.FirstToken)}; peak memory {peak:F0} MiB, KV cache {cache:F1} MiB");
    }

    private static void Line(FormattableString text) => Console.Error.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static string Text(TimeSpan time) =>
        time.TotalSeconds >= 10
            ? time.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture) + " s"
            : time.TotalMilliseconds.ToString("F0", CultureInfo.InvariantCulture) + " ms";

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}
