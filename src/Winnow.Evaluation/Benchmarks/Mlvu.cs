using Winnow.Evaluation.Parsing;

namespace Winnow.Evaluation.Benchmarks;

/// <summary>MLVU (arXiv 2406.04264), its multiple-choice tasks: seven in the development part, nine in the test part.</summary>
/// <remarks>
/// Layouts: the authors' <c>MLVU/json/1_plotQA.json</c> ... with <c>MLVU/video/1_plotQA/</c> (or <c>plotQA/</c>), where
/// answers are texts; and the rows of lmms-eval's copies (options inside the question, answers as letters). The two
/// open-ended tasks need a judge and are left out.
/// </remarks>
public sealed class Mlvu : IBenchmark
{
    private const int HarnessLetters = 4;
    private static readonly string[] Tasks = ["1_plotQA", "2_needle", "3_ego", "4_count", "5_order", "6_anomaly_reco", "7_topic_reasoning"];

    /// <inheritdoc/>
    public string Name => "mlvu";

    /// <inheritdoc/>
    public string Layout => "MLVU/json/1_plotQA.json ... and MLVU/video/1_plotQA/ ..., or test-*.parquet with the videos beside it";

    /// <inheritdoc/>
    public bool Recognises(string folder) => Roots(folder).Any(root => Tasks.Any(task => File.Exists(RowsOf(root, task))))
        || RowFile.HasTable(folder, "test") && FirstRow(folder)?.Has("video_name") == true;

    /// <inheritdoc/>
    public QuestionSet Read(string folder, BenchmarkOptions options)
    {
        string split = options.Split ?? "dev";
        if (split is not ("dev" or "test"))
            throw new WinnowException($"MLVU has no part {split}; known are dev, test.");
        var warnings = new List<string>();
        string? root = split == "dev"
            ? Roots(folder).FirstOrDefault(candidate => Tasks.Any(task => File.Exists(RowsOf(candidate, task))))
            : null;
        IReadOnlyList<Question> questions = root is not null
            ? [.. Tasks
                .Where(task => File.Exists(RowsOf(root, task)))
                .SelectMany(task => RowFile.Read(RowsOf(root, task))
                    .Select((row, index) => FromAuthors(row, index, root, task, options, warnings)))]
            : [.. (RowFile.FindTable(folder, "test")
                ?? throw new WinnowException($"There are no rows of MLVU {split} under {folder}; expected is {Layout}."))
                .Select((row, index) => FromHub(row, index, folder, split, options))];
        bool isOld = options.Harness == HarnessVersion.V030;
        return new QuestionSet
        {
            Name = Name,
            Split = split,
            Questions = questions,
            Warnings = warnings,
            Protocol = new Protocol
            {
                Prompt = Harness.Wording(options.Harness, $"mlvu_{split}"),
                HarnessParser = isOld ? FirstLetterParser.VideoMme() : new RankedParser(HarnessLetters),
                MaxNewTokens = 16,
                Aggregation = new Aggregation(isOld ? null : "task", 100),
                Scorer = Scorer.Letter,
            },
        };
    }

    private static IEnumerable<string> Roots(string folder) => [Path.Combine(folder, "MLVU"), folder];

    private static string RowsOf(string root, string task) => Path.Combine(root, "json", $"{task}.json");

    private static Row? FirstRow(string folder)
    {
        try
        {
            return RowFile.FindTable(folder, "test")?[0];
        }
        catch (WinnowException)
        {
            // Whatever is wrong with the table is told when it is read, not while layouts are compared.
            return null;
        }
    }

    private static Question FromAuthors(Row row, int index, string root, string task, BenchmarkOptions options, List<string> warnings)
    {
        string text = row.Text("question"), answer = row.Text("answer");
        string[] choices = row.Texts("candidates");
        int? right = OptionTexts.IndexOf(choices, answer);
        if (right is null)
            warnings.Add($"{row.Where}: the answer \"{answer}\" is no candidate; the question counts as wrong.");
        string withoutNumber = task[(task.IndexOf('_', StringComparison.Ordinal) + 1)..];
        return Build(
            row,
            $"{withoutNumber}:{index}",
            withoutNumber,
            text,
            $"{text}\n{OptionTexts.Bracketed(choices)}",
            choices,
            "dev",
            options) with
        {
            Media = new MediaSource(
                VideoFiles.Find(row.Text("video"), Path.Combine(root, "video", task), Path.Combine(root, "video", withoutNumber))),
            AnswerIndex = right,
            AnswerText = answer,
        };
    }

    private static Question FromHub(Row row, int index, string folder, string split, BenchmarkOptions options)
    {
        string asked = row.Text("question"), letter = row.Text("answer");
        string[] choices = OptionTexts.WithoutLetters(row.Texts("candidates"));
        string task = row.Text("task_type");
        int firstOption = asked.IndexOf("\n(A)", StringComparison.Ordinal);
        return Build(
            row,
            row.TextOrNull("question_id") ?? $"{task}:{index}",
            task,
            firstOption < 0 ? asked : asked[..firstOption],
            asked,
            choices,
            split,
            options) with
        {
            Media = new MediaSource(
                VideoFiles.Find(row.Text("video_name"), folder, Path.Combine(folder, "video"), Path.Combine(folder, "videos"))),
            AnswerIndex = OptionTexts.IndexOfLetter(choices, letter)
                ?? throw row.Wrong($"the answer \"{letter}\" is no letter of the {choices.Length} candidates."),
            AnswerText = letter,
        };
    }

    private static Question Build(
        Row row, string id, string task, string text, string withOptions, string[] choices, string split, BenchmarkOptions options) => new()
        {
            Id = id,
            Media = new MediaSource(""),
            Text = text,
            Prompt = split == "test" ? withOptions
            : options.Harness == HarnessVersion.V030 ? $"\n{withOptions}\nOnly give the best option.\n\nBest option: ("
            : $"{withOptions}\nOnly give the best option.\nBest option: (",
            Options = choices,
            Groups = new Dictionary<string, string> { ["task"] = task },
            Source = row.Where,
        };
}
