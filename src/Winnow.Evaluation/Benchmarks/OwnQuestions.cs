using Winnow.Evaluation.Parsing;

namespace Winnow.Evaluation.Benchmarks;

/// <summary>
/// A folder of one's own with <c>questions.jsonl</c>: one object a line with id, video (relative to the folder),
/// question, answer, and optionally task and options.
/// </summary>
/// <remarks>
/// The question is asked as it stands. Options are shown to the model only where the answer is judged
/// by letter; then they follow it, lettered.
/// </remarks>
public sealed class OwnQuestions : IBenchmark
{
    private const string File = "questions.jsonl";

    /// <inheritdoc/>
    public string Name => "jsonl";

    /// <inheritdoc/>
    public string Layout => "questions.jsonl with one object a line: id, video, task, question, answer, options";

    /// <inheritdoc/>
    public bool Recognises(string folder) => System.IO.File.Exists(Path.Combine(folder, File));

    /// <inheritdoc/>
    public QuestionSet Read(string folder, BenchmarkOptions options)
    {
        string file = Path.Combine(folder, File);
        if (!System.IO.File.Exists(file))
            throw new WinnowException($"There is no {file}; a question set of one's own is a folder with {Layout}.");
        return new QuestionSet
        {
            Name = Path.GetFileName(Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar)),
            Split = "all",
            Questions = [.. RowFile.Read(file).Select(row => Parse(row, folder, options.AskForLetter))],
            Protocol = new Protocol
            {
                Prompt = options.AskForLetter ? "own/letters" : "own/question",
                HarnessParser = new StrictParser(),
                MaxNewTokens = options.AskForLetter ? 16 : 32,
                Aggregation = Aggregation.Micro,
                Scorer = options.AskForLetter ? Scorer.Letter : Scorer.Exact,
            },
        };
    }

    private static Question Parse(Row row, string folder, bool asksForLetter)
    {
        string text = row.Text("question"), answer = row.Text("answer");
        string[] choices = row.Has("options") ? row.Texts("options") : [];
        if (choices.Length > 0 && !choices.Contains(answer))
            throw row.Wrong($"the answer \"{answer}\" is none of the options {string.Join(", ", choices)}.");
        if (asksForLetter && choices.Length == 0)
            throw row.Wrong("there are no options, so that no letter can be asked for; judge such a set by exact match.");
        return new Question
        {
            Id = row.Text("id"),
            Media = new MediaSource(Path.GetFullPath(Path.Combine(folder, row.Text("video")))),
            Text = text,
            Prompt = asksForLetter ? $"{text}\n{OptionTexts.Dotted(choices)}\n{Harness.LetterInstruction}" : text,
            Options = choices,
            AnswerIndex = OptionTexts.IndexOf(choices, answer),
            AnswerText = answer,
            Groups = new Dictionary<string, string> { ["task"] = row.TextOrNull("task") ?? "all" },
            Source = row.Where,
        };
    }
}
