using System.Text.Json;

namespace Winnow.Evaluation;

/// <summary>A folder with <c>questions.jsonl</c>: one JSON object a line with id, video (relative to the folder), task, question, answer, and optionally options.</summary>
public sealed class QuestionSet
{
    private QuestionSet(string name, IReadOnlyList<Question> questions) => (Name, Questions) = (name, questions);

    /// <summary>Name of the folder.</summary>
    public string Name { get; }

    /// <summary>The questions, in the order of the file.</summary>
    public IReadOnlyList<Question> Questions { get; }

    /// <summary>Reads a question set.</summary>
    /// <param name="folder">The folder that holds <c>questions.jsonl</c>.</param>
    /// <exception cref="WinnowException">The file is missing, or a line is no question; the message names file, line and field.</exception>
    public static QuestionSet Read(string folder)
    {
        string file = Path.Combine(folder, "questions.jsonl");
        if (!File.Exists(file))
            throw new WinnowException($"There is no {file}; a question set is a folder with questions.jsonl (one object a line: id, video, task, question, answer, options).");
        var questions = new List<Question>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        int number = 0;
        foreach (string line in File.ReadLines(file))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            Question question = Parse(line, folder, $"{file}, line {number}");
            if (!known.Add(question.Id))
                throw new WinnowException($"{file}, line {number}: the id {question.Id} stands twice; ids must be unique.");
            questions.Add(question);
        }
        if (questions.Count == 0)
            throw new WinnowException($"{file} holds no question.");
        return new QuestionSet(Path.GetFileName(Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar)), questions);
    }

    private static Question Parse(string line, string folder, string where)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement row = document.RootElement;
            string[] options = row.TryGetProperty("options", out JsonElement list) ? [.. list.EnumerateArray().Select(item => item.GetString()!)] : [];
            string task = row.TryGetProperty("task", out JsonElement kind) ? kind.GetString()! : "all";
            return new Question(Text("id"), Path.GetFullPath(Path.Combine(folder, Text("video"))), task, Text("question"), Text("answer"), options);

            string Text(string name) => row.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
                ? value.GetString()!
                : throw new WinnowException($"{where}: the field \"{name}\" is missing or no text.");
        }
        catch (JsonException error)
        {
            throw new WinnowException($"{where}: no JSON object ({error.Message})", error);
        }
    }
}
