using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Winnow.Evaluation.Reporting;

/// <summary>
/// A result as one self-contained HTML file: it opens from disk and asks for nothing over the network.
/// Light and dark follow the reader's setting.
/// </summary>
public static class HtmlReport
{
    // The default encoder escapes '<', so that no text can end the script element that holds the data.
    private static readonly JsonSerializerOptions Style = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.Strict,
    };

    /// <summary>Renders the report.</summary>
    public static string Render(ReportContent content)
    {
        string data = JsonSerializer.Serialize(Data(content), Style);
        return Asset("report.html")
            .Replace("{{style}}", Asset("report.css"), StringComparison.Ordinal)
            .Replace("{{chart}}", Asset("chart.umd.min.js"), StringComparison.Ordinal)
            .Replace("{{script}}", Asset("report.js"), StringComparison.Ordinal)
            .Replace("{{data}}", data, StringComparison.Ordinal);
    }

    private static object Data(ReportContent content) => new
    {
        Title = $"Winnow on {content.Set.Name} ({content.Set.Split})",
        Subtitle = Subtitle(content),
        content.Notes,
        content.Results,
        Fronts = new
        {
            Tokens = Front(content.Results, row => row.VisualTokens),
            FirstToken = Front(content.Results, row => row.FirstTokenMs),
        },
        Failures = content.Failures.Select(failure => new
        {
            failure.Question.Id,
            Question = failure.Question.Text,
            failure.Question.Options,
            Answer = failure.Question.AnswerIndex is { } right ? failure.Question.Options[right] : failure.Question.AnswerText,
            failure.Method,
            failure.Retention,
            failure.Reply,
            Video = failure.Question.Media.Path,
            Picture = failure.Picture is { } png ? $"data:image/png;base64,{Convert.ToBase64String(png)}" : null,
        }),
        Run = Run(content),
    };

    private static string Subtitle(ReportContent content)
    {
        int methods = content.Results.Select(row => row.Method).Distinct().Count();
        int questions = content.Results.Select(row => row.Questions).DefaultIfEmpty().Max();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{methods} methods, {content.Results.Count} settings, "
                + $"{questions} questions each; {content.Starts[^1].Conditions.GetValueOrDefault("model")}");
    }

    private static int[] Front(IReadOnlyList<SettingSummary> rows, Func<SettingSummary, double> cost)
    {
        int[] measured = [.. Enumerable.Range(0, rows.Count).Where(i => rows[i].AccuracyKept is not null)];
        return [.. ParetoFront.Of([.. measured.Select(i => (cost(rows[i]), rows[i].AccuracyKept!.Value))]).Select(i => measured[i])];
    }

    private static string[][] Run(ReportContent content) =>
    [
        .. content.Starts[^1].Conditions.Select(pair => (string[])[pair.Key, pair.Value]),
        .. content.Starts[^1].Versions.Select(pair => (string[])[pair.Key, pair.Value]),
        .. content.Starts.SelectMany(start => start.Machine).Distinct().Select(pair => (string[])[pair.Key, pair.Value]),
        .. content.Ceiling.Select(pair => (string[])[pair.Key, pair.Value]),
        ["peak memory", string.Create(
            CultureInfo.InvariantCulture,
            $"{content.Results.Select(row => row.PeakBytes).DefaultIfEmpty().Max() / (1024.0 * 1024):F0} MiB, of the whole process")],
        .. content.Starts.Select(start => start.Command).Distinct().Select(command => (string[])["command", command]),
        .. content.Starts.Select(
            start => (string[])["started", $"{start.Started.ToString("u", CultureInfo.InvariantCulture)} (shard {start.Shard})"]),
    ];

    private static string Asset(string name)
    {
        using Stream stream = typeof(HtmlReport).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The resource {name} is missing from this build.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
