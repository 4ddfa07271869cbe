using Winnow.Evaluation.Answering;
using Winnow.Evaluation.Parsing;

namespace Winnow.Evaluation.Benchmarks;

/// <summary>LongVideoBench (arXiv 2407.15754): questions with a referring query on videos of up to an hour, two to five options.</summary>
/// <remarks>
/// Layout: <c>lvb_val.json</c>, <c>lvb_test_wo_gt.json</c> and <c>videos/</c>; rows of the hub's table (option0 to option4, filled up with
/// "N/A") are read as well. Only the first <c>duration</c> seconds of a file belong to the question. Answers of the test part are hidden.
/// The papers use video without subtitles. With them the harness strings frames and lines together (longvideobench_val_i):
/// <see cref="SubtitlePlacement.Interleaved"/>, whose frames are those of that loader. Behind the video
/// (<see cref="SubtitlePlacement.AfterVideo"/>) stand the lines that 16 such frames lie in, each on a line, in front of the question.
/// </remarks>
public sealed class LongVideoBench : IBenchmark
{
    private const string Filler = "N/A";
    private const int MostOptions = 5;
    private const int SubtitleFrames = 16;

    /// <inheritdoc/>
    public string Name => "longvideobench";

    /// <inheritdoc/>
    public string Layout => "lvb_val.json and videos/";

    /// <inheritdoc/>
    public IReadOnlyList<SubtitlePlacement> SubtitlePlaces => [SubtitlePlacement.AfterVideo, SubtitlePlacement.Interleaved];

    /// <inheritdoc/>
    public bool Recognises(string folder) =>
        File.Exists(Path.Combine(folder, "lvb_val.json")) || File.Exists(Path.Combine(folder, "lvb_test_wo_gt.json"))
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
            Questions = [.. rows.Select(row => Parse(row, folder, options))],
            Protocol = new Protocol
            {
                Prompt = options.Subtitles switch
                {
                    SubtitlePlacement.Interleaved => Harness.Wording(options.Harness, "longvideobench_val_i", "frames of one video"),
                    SubtitlePlacement.AfterVideo => Harness.Wording(options.Harness, "longvideobench_val_i", "subtitles behind the video"),
                    _ => Harness.Wording(options.Harness, "longvideobench_val_v"),
                },
                HarnessParser = FirstLetterParser.LongVideoBench(options.Seed),
                MaxNewTokens = 32,
                Aggregation = Aggregation.Micro,
                Scorer = Scorer.Letter,
            },
        };
    }

    private static Question Parse(Row row, string folder, BenchmarkOptions options)
    {
        string text = row.Text("question");
        string[] choices = row.Has("candidates") ? row.Texts("candidates")
            : [.. Enumerable.Range(0, MostOptions).Select(i => row.TextOrNull($"option{i}") ?? Filler).Where(option => option != Filler)];
        int? right = row.IntegerOrNull("correct_choice");
        if (right is { } index && (index < 0 || index >= choices.Length))
            throw row.Wrong($"correct_choice is {index}; there are {choices.Length} candidates.");
        string video = VideoFiles.Find(row.Text("video_path"), Path.Combine(folder, "videos"), folder);
        bool isInterleaved = options.Subtitles == SubtitlePlacement.Interleaved;
        return new Question
        {
            Id = row.Text("id"),
            Media = new MediaSource(video)
            {
                End = row.NumberOrNull("duration") is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                InEqualSteps = isInterleaved,
            },
            Subtitles = isInterleaved ? Lines(row, folder, row.Number("duration")) : null,
            Text = text,
            Prompt = $"{(options.Subtitles == SubtitlePlacement.AfterVideo ? SeenLines(row, folder, video, options) : "")}{text}\n"
                + $"{OptionTexts.Dotted(choices)}\n{Harness.LetterInstruction}\n",
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

    /// <summary>
    /// The lines that a frame of the harness lies in, with a newline behind each; nothing where the video has none.
    /// </summary>
    private static string SeenLines(Row row, string folder, string video, BenchmarkOptions options)
    {
        if (SubtitleFile(row, folder) is null || !File.Exists(video))
            return "";
        if (options.Probe is null)
            throw new WinnowException($"Subtitles of {video} are chosen by its frames, and this run has no way to count them.");
        (int frames, double rate) = options.Probe(video);
        double duration = row.NumberOrNull("duration") ?? frames / rate;
        double[] times = [.. EqualSteps.Indices(duration, (int)(duration * rate), SubtitleFrames).Select(index => index / rate)];
        return string.Concat(Lines(row, folder, duration).Where(line => times.Any(line.Covers)).Select(line => $"{line.Text}\n"));
    }

    private static IReadOnlyList<TimedLine> Lines(Row row, string folder, double duration) =>
        SubtitleFile(row, folder) is { } file
            ? LongVideoBenchSubtitles.Read(file, duration, row.NumberOrNull("starting_timestamp_for_subtitles") ?? 0)
            : [];

    private static string? SubtitleFile(Row row, string folder) =>
        row.TextOrNull("subtitle_path") is { } name && Path.Combine(folder, "subtitles", name) is var file && File.Exists(file)
            ? file
            : null;
}
