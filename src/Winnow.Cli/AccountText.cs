using System.Globalization;
using Winnow.Engine;

namespace Winnow.Cli;

/// <summary>What an answer cost, for people and for machines.</summary>
internal static class AccountText
{
    private const double MiB = 1024 * 1024;

    public static object Json(string answer, TurnAccount account, string method, double retention) => new
    {
        Answer = answer,
        Tokens = new { Visual = account.VisualTokens, Kept = account.KeptTokens, Prompt = account.PromptTokens, Generated = account.GeneratedTokens },
        Milliseconds = new
        {
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
    };

    public static void Print(TurnAccount account, string method)
    {
        StageTimes times = account.Times;
        string segments = account.Segments > 0 ? $" in {account.Segments} segments" : "";
        Line($"{account.Frames} frames{segments}; {account.VisualTokens} visual tokens, {account.KeptTokens} kept by {method} ({(double)account.KeptTokens / account.VisualTokens:P1})");
        Line($"decode {Text(times.Decode)}, encode {Text(times.Encode)}, reduce {Text(times.Reduce)}, prefill {Text(times.Prefill)} ({account.PromptTokens} rows), generate {Text(times.Generate)} ({account.GeneratedTokens} tokens)");
        Line($"first token after {Text(times.FirstToken)}; peak memory {PeakMemory.Bytes / MiB:F0} MiB, KV cache {account.CacheBytes / MiB:F1} MiB");
    }

    private static void Line(FormattableString text) => Console.Error.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static string Text(TimeSpan time) =>
        time.TotalSeconds >= 10 ? time.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture) + " s" : time.TotalMilliseconds.ToString("F0", CultureInfo.InvariantCulture) + " ms";

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}
