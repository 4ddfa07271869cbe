using System.Text.Json;
using Winnow.Evaluation.Parsing;

namespace Winnow.Evaluation.Benchmarks;

/// <summary>
/// EgoSchema (arXiv 2308.09126): one question with five options per three-minute video; answers of 500 of the 5,031 are public.
/// </summary>
/// <remarks>
/// Layouts: the authors' <c>questions.json</c> with <c>subset_answers.json</c> and <c>videos/{q_uid}.mp4</c>; and the rows of the hub's
/// copy (<c>Subset/</c>, <c>MC/</c>: video_idx, option with letters, answer as text). The part <c>subset</c> is scored; <c>full</c> gives a
/// file for the authors' server and no accuracy.
/// </remarks>
public sealed class EgoSchema : IBenchmark
{
    private const int OptionCount = 5;

    /// <inheritdoc/>
    public string Name => "egoschema";

    /// <inheritdoc/>
    public string Layout => "questions.json, subset_answers.json and videos/{q_uid}.mp4, or Subset/test-*.parquet";

    /// <inheritdoc/>
    public bool Recognises(string folder) =>
        File.Exists(Path.Combine(folder, "subset_answers.json")) || File.Exists(Path.Combine(folder, "questions.json"))
            || RowFile.HasTable(Path.Combine(folder, "Subset"), "test") || RowFile.HasTable(Path.Combine(folder, "MC"), "test");

    /// <inheritdoc/>
    public QuestionSet Read(string folder, BenchmarkOptions options)
    {
        string split = options.Split ?? "subset";
        if (split is not ("subset" or "full"))
            throw new WinnowException($"EgoSchema has no part {split}; known are subset (500 public answers), full (answers hidden).");
        string authors = Path.Combine(folder, "questions.json");
        IReadOnlyList<Question> questions = File.Exists(authors)
            ? FromAuthors(authors, folder, split == "subset")
            : [.. (RowFile.FindTable(Path.Combine(folder, split == "subset" ? "Subset" : "MC"), "test")
                ?? throw new WinnowException(
                    $"There is no questions.json and no table of the part {split} under {folder}; expected is {Layout}."))
                .Select(row => FromHub(row, folder))];
        return new QuestionSet
        {
            Name = Name,
            Split = split,
            Questions = questions,
            Protocol = new Protocol
            {
                Prompt = Harness.Wording(options.Harness, split == "subset" ? "egoschema_subset" : "egoschema"),
                HarnessParser = BracketedParser.EgoSchema(options.Seed),
                MaxNewTokens = options.Harness == HarnessVersion.V030 ? Harness.UnsetMaxNewTokens : 16,
                Aggregation = Aggregation.Micro,
                Scorer = Scorer.Letter,
            },
        };
    }

    private static Question[] FromAuthors(string file, string folder, bool subsetOnly)
    {
        string answersFile = Path.Combine(folder, "subset_answers.json");
        if (subsetOnly && !File.Exists(answersFile))
            throw new WinnowException(
                $"There is no {answersFile}, which names the 500 questions with public answers; "
                    + "use the part full to answer all without an accuracy.");
        Dictionary<string, int> answers = File.Exists(answersFile) ? Answers(answersFile) : [];
        return [.. RowFile.Read(file).Where(row => !subsetOnly || answers.ContainsKey(row.Text("q_uid"))).Select(row =>
        {
            string[] choices = [.. Enumerable.Range(0, OptionCount).Select(i => row.Text($"option {i}"))];
            return Build(
                row, row.Text("q_uid"), folder, choices, OptionTexts.Dotted(choices), subsetOnly ? answers[row.Text("q_uid")] : null);
        })];
    }

    private static Dictionary<string, int> Answers(string file)
    {
        JsonElement root = RowFile.ReadValue(file);
        if (root.ValueKind != JsonValueKind.Object)
            throw new WinnowException($"{file} holds {root.ValueKind}; an object from q_uid to option is expected.");
        var row = new Row(root, file);
        return root.EnumerateObject().ToDictionary(field => field.Name, field => row.Integer(field.Name));
    }

    private static Question FromHub(Row row, string folder)
    {
        string[] written = row.Texts("option");
        return Build(
            row,
            row.Text("video_idx"),
            folder,
            OptionTexts.WithoutLetters(written),
            string.Join('\n', written),
            row.IntegerOrNull("answer"));
    }

    private static Question Build(Row row, string id, string folder, string[] choices, string written, int? answer)
    {
        if (answer is { } index && (index < 0 || index >= choices.Length))
            throw row.Wrong($"the answer of {id} is {index}; it must be 0 to {choices.Length - 1}.");
        string text = row.Text("question");
        return new Question
        {
            Id = id,
            Media = new MediaSource(VideoFiles.Find(id, Path.Combine(folder, "videos"), folder)),
            Text = text,
            Prompt = $"{text}\n{written}\n{Harness.LetterInstruction}",
            Options = choices,
            AnswerIndex = answer,
            AnswerText = answer is { } known ? choices[known] : null,
            Source = row.Where,
        };
    }
}
