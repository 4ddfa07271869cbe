using System.Text.RegularExpressions;
using Winnow.Evaluation.Parsing;
using Winnow.Evaluation.Reporting;
using Winnow.Evaluation.Running;

namespace Winnow.Evaluation.Tests.Reporting;

public sealed partial class HtmlReportTests : IDisposable
{
    private const int Width = 1100;
    private const int Height = 1900;
    private const string Greedy = "greedy";
    private const string Nasty = "</script><script>document.title='broken'</script> & \"quoted\" <b>?";

    private readonly DataFolder _data = new();

    public void Dispose() => _data.Dispose();

    private static ReportContent Content(params string[] more)
    {
        var set = new QuestionSet
        {
            Name = "set",
            Split = "all",
            Questions = [.. Enumerable.Range(0, 40).Select(i => new Question
            {
                Id = $"{i}",
                Media = new MediaSource("/v.mp4"),
                Text = i == 0 ? Nasty : "What?",
                Prompt = "?",
                AnswerText = "x",
                Groups = new Dictionary<string, string> { ["task"] = i % 2 == 0 ? "colour" : "motion" },
                Source = "test",
            })],
            Protocol = new Protocol
            {
                Prompt = "p",
                HarnessParser = new StrictParser(),
                MaxNewTokens = 1,
                Aggregation = Aggregation.Micro,
                Scorer = Scorer.Exact
            },
        };
        AnswerLine[] answers =
        [
            .. set.Questions.Select((question, i) => Line(question.Id, "none", 1, true)),
            .. from retention in (double[])[0.5, 0.1]
               from method in (string[])["uniform", "random", "mmg-vid", .. more]
               from i in Enumerable.Range(0, set.Questions.Count)
               select Line($"{i}", method, retention, i % 10 >= (method == "mmg-vid" ? 1 : method == Greedy ? 0.1 : 3) / retention / 2),
        ];
        return new ReportContent
        {
            Set = set,
            Results = Summaries.Of(set, answers, Scorer.Exact),
            Failures = Failures.Of(set, answers, 2),
            Refused = [("quota", "it needs frame scores")],
            Starts =
            [
                new RunStart
                {
                    Conditions = new Dictionary<string, string> { ["model"] = "tiny" },
                    Command = "winnow eval",
                    Versions = new Dictionary<string, string> { ["winnow"] = "1" },
                    Machine = new Dictionary<string, string> { ["processor"] = "one", ["memory"] = "8 GiB" },
                    Started = DateTimeOffset.UnixEpoch,
                    Shard = "1/1",
                },
            ],
        };
    }

    private static AnswerLine Line(string id, string method, double retention, bool right) => new()
    {
        Id = id,
        Method = method,
        Retention = retention,
        PromptHash = "",
        Reply = right ? "x" : "y",
        Correct = right,
        WholeTokens = 100,
        VisualTokens = method == Greedy ? 90 : 100 * retention,
        DecodeMs = 20,
        EncodeMs = 30,
        ReduceMs = 2,
        PrefillMs = 100 * retention,
    };

    [Fact]
    public void Report_asks_for_nothing_over_the_network()
    {
        string html = HtmlReport.Render(Content());

        Assert.Empty(Reference().Matches(html).Select(match => match.Value));
        Assert.All((string[])["style", "chart", "script", "data"], part => Assert.DoesNotContain("{{" + part + "}}", html));
    }

    [Fact]
    public void Failures_are_questions_that_only_the_method_gets_wrong()
    {
        IReadOnlyList<MethodFailure> failures = Content().Failures;

        Assert.Equal(("0", "uniform", 0.5, "y"), (failures[0].Question.Id, failures[0].Method, failures[0].Retention, failures[0].Reply));
        Assert.All(failures.GroupBy(failure => (failure.Method, failure.Retention)), group => Assert.InRange(group.Count(), 1, 2));
    }

    [Fact]
    public void Parts_made_on_several_machines_are_told()
    {
        ReportContent content = Content();
        RunStart again = content.Starts[0] with
        {
            Machine = new Dictionary<string, string> { ["memory"] = "8 GiB", ["processor"] = "one" },
        };
        RunStart other = again with { Machine = new Dictionary<string, string> { ["processor"] = "another", ["memory"] = "8 GiB" } };

        Assert.DoesNotContain((content with { Starts = [.. content.Starts, again] }).Notes, note => note.Contains("machines"));
        Assert.Contains(
            (content with { Starts = [.. content.Starts, again, other] }).Notes, note => note.StartsWith("Answers come from 2"));
    }

    [Fact]
    public void Browser_draws_every_chart_and_shows_texts_as_they_are()
    {
        string file = _data.Path("report.html");
        File.WriteAllText(file, HtmlReport.Render(Content()));

        string dom = Browser.Dom(file, _data.Path("profile"));

        Assert.Contains("data-charts=\"4\"", dom);
        Assert.Contains("data-overflow=\"false\"", dom);
        Assert.Contains("<title>Winnow on set (all)</title>", dom);
        Assert.Contains("&lt;/script&gt;&lt;script&gt;document.title='broken'&lt;/script&gt; &amp; \"quoted\" &lt;b&gt;?</h3>", dom);
        Assert.Contains("quota was left out: it needs frame scores", dom);
    }

    [Fact]
    public void Methods_in_colour_are_the_baselines_and_the_best_that_meet_the_budget()
    {
        string file = _data.Path("report.html");
        File.WriteAllText(file, HtmlReport.Render(Content([Greedy, "a", "b", "c", "d", "e"])));

        string dom = Browser.Dom(file, _data.Path("profile"));

        string[] shown = [.. Legend().Matches(dom).Select(match => match.Groups[1].Value)];
        Assert.Equal(["none", "uniform", "random", "mmg-vid"], shown[..4]);
        Assert.Equal(7, shown.Length);
        // The most accurate of all keeps nine times its budget.
        Assert.DoesNotContain(Greedy, shown);
        Assert.Contains("3 others in grey", dom);
        // Failures of one method at a time: two at each of two retentions.
        Assert.Equal(4, FailureCard().Count(dom));
    }

    // Backgrounds and the first series' colour as report.css has them for either theme.
    [Theory]
    [InlineData("light", 0xffffff, 0x1f5fbf, 0x1c2230)]
    [InlineData("dark", 0x12151b, 0x7fb0ff, 0xe7eaf0)]
    public void Browser_paints_page_text_and_series_in_the_colours_of_the_theme(string theme, int page, int series, int ink)
    {
        string file = _data.Path("report.html");
        File.WriteAllText(file, HtmlReport.Render(Content()));
        Directory.CreateDirectory(_data.Path("profile"));

        byte[] pixels = Browser.Screenshot(file, theme, Width, Height, _data.Path("profile"));

        Assert.Equal(Width * Height * 3, pixels.Length);
        Assert.Equal(page, Colour(pixels, 2, 2));
        // The bars of the first series alone cover thousands of pixels; letters of the text hundreds that are not smoothed away.
        Assert.InRange(Count(pixels, series), 3000, Width * Height / 4);
        Assert.InRange(Count(pixels, ink), 300, Width * Height / 10);
    }

    private static int Colour(byte[] pixels, int x, int y)
    {
        int at = (y * Width + x) * 3;
        return pixels[at] << 16 | pixels[at + 1] << 8 | pixels[at + 2];
    }

    private static int Count(byte[] pixels, int colour)
    {
        int count = 0;
        for (int at = 0; at < pixels.Length; at += 3)
            count += (pixels[at] << 16 | pixels[at + 1] << 8 | pixels[at + 2]) == colour ? 1 : 0;
        return count;
    }

    [GeneratedRegex("""<span class="method"[^>]*><span[^>]*></span>([^<]*)</span>""")]
    private static partial Regex Legend();

    [GeneratedRegex("""<div class="failure">""")]
    private static partial Regex FailureCard();

    [GeneratedRegex(
        """(?:src|href)\s*=\s*["']?(?:https?:)?//|@import|url\(\s*["']?http|fetch\(|XMLHttpRequest|importScripts|sourceMappingURL""")]
    private static partial Regex Reference();
}
