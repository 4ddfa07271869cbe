using Winnow.Evaluation.Parsing;

namespace Winnow.Evaluation.Benchmarks;

/// <summary>LongVideoBench (arXiv 2407.15754): questions with a referring query on videos of up to an hour, two to five options.</summary>
/// <remarks>
/// Layout: <c>lvb_val.json</c>, <c>lvb_test_wo_gt.json</c> and <c>videos/</c>; rows of the hub's table (option0 to option4, filled up with "N/A") are read as well.
/// Only the first <c>duration</c> seconds of a file belong to the question. Answers of the test part are hidden. The papers use video without subtitles.
/// </remarks>
public sealed class LongVideoBench : IBenchmark
{
    private const string Filler = "N/A";
    private const int MostOptions = 5;

    /// <inheritdoc/>
    public string Name => "longvideobench";

    /// <inheritdoc/>
    public string Layout => "lvb_val.json and videos/";

    /// <inheritdoc/>
    public bool Recognises(string folder) => File.Exists(Path.Combine(folder, "lvb_val.json")) || File.Exists(Path.Combine(folder, "lvb_test_wo_gt.json"))
        || RowFile.HasTable(folder, "validation") && Directory.Exists(Path.Combine(folder, "videos"));

    /// <inheritdoc/>
    public QuestionSet Read(string folder, BenchmarkOptions options)
    {
        string split = options.Split ?? "val";
        (string file, string table) = split switch
        {
            "val" => ("lvb_val.json", "validation"),
            "test" => ("lvb_test_wo_gt.json", "test"),
            _ => throw new WinnowException($"LongVideoBench has no part {split}; known are val, test (answers hidden)."),
        };
        string path = Path.Combine(folder, file);
        IReadOnlyList<Row> rows = File.Exists(path) ? RowFile.Read(path) : RowFile.FindTable(folder, table)
            ?? throw new WinnowException($"There is no {path}; expected is {Layout}.");
        return new QuestionSet
        {
            Name = Name,
            Split = split,
            Questions = [.. rows.Select(row => Parse(row, folder))],
            Protocol = new Protocol
            {
                Prompt = Harness.Wording(options.Harness, "longvideobench_val_v"),
                HarnessParser = FirstLetterParser.LongVideoBench(options.Seed),
                MaxNewTokens = 32,
                Aggregation = Aggregation.Micro,
                Scorer = Scorer.Letter,
            },
        };
    }

    private static Question Parse(Row row, string folder)
    {
        string text = row.Text("question");
        string[] choices = row.Has("candidates") ? row.Texts("candidates")
            : [.. Enumerable.Range(0, MostOptions).Select(i => row.TextOrNull($"option{i}") ?? Filler).Where(option => option != Filler)];
        int? right = row.IntegerOrNull("correct_choice");
        if (right is { } index && (index < 0 || index >= choices.Length))
            throw row.Wrong($"correct_choice is {index}; there are {choices.Length} candidates.");
        return new Question
        {
            Id = row.Text("id"),
            Media = new MediaSource(VideoFiles.Find(row.Text("video_path"), Path.Combine(folder, "videos"), folder))
            {
                End = row.NumberOrNull("duration") is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            },
            Text = text,
            Prompt = $"{text}\n{OptionTexts.Dotted(choices)}\n{Harness.LetterInstruction}\n",
            Options = choices,
            AnswerIndex = right,
            AnswerText = right is { } known ? choices[known] : null,
            Groups = new Dictionary<string, string>
            {
                ["duration_group"] = row.Text("duration_group"),
                ["task"] = row.Text("question_category"),
                ["topic"] = row.TextOrNull("topic_category") ?? "unknown",
                ["level"] = row.TextOrNull("level") ?? "unknown",
            },
            Source = row.Where,
        };
    }
}
