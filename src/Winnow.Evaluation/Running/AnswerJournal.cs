using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Winnow.Evaluation.Running;

/// <summary>
/// The results of a run on disk: JSON lines that are only ever appended, so that an interruption loses at most the line being written.
/// </summary>
/// <remarks>
/// A line is <c>{"start": ...}</c> (a process began) or <c>{"answer": ...}</c>. A later answer to the same question under the same setting
/// replaces an earlier one, which is how errors are tried again; an error never replaces an answer. Shards write files of their own; who
/// reads or goes on takes all of a folder together, so that a run of the whole finds what its shards have answered.
/// </remarks>
public sealed class AnswerJournal : IDisposable
{
    private const string Stem = "answers";

    private static readonly JsonSerializerOptions Style = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = null,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly FileStream _file;
    private readonly Dictionary<(string, string, double), AnswerLine> _answers = [];

    private AnswerJournal(FileStream file) => _file = file;

    /// <summary>Opens or creates the journal of a shard in a folder and takes up what is there, of other shards too.</summary>
    /// <param name="folder">Folder of the results; made where it is missing.</param>
    /// <param name="start">Conditions of the run that begins; they must be those of earlier starts.</param>
    /// <exception cref="WinnowException">
    /// The folder holds results of other conditions, a line in the middle is damaged, or another process is writing the same file.
    /// </exception>
    public static AnswerJournal Open(string folder, RunStart start)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(
            folder,
            start.Shard == Shard.Whole.ToString()
                ? $"{Stem}.jsonl"
                : $"{Stem}-{start.Shard.Replace("/", "-of-", StringComparison.Ordinal)}.jsonl");
        FileStream file = OpenToWrite(path);
        try
        {
            var journal = new AnswerJournal(file);
            foreach (string other in Files(folder).Where(other => other != path))
                foreach (Entry entry in Entries(other))
                    journal.Take(entry, start, other);
            DropUnfinishedLine(file);
            foreach (Entry entry in Entries(path, file))
                journal.Take(entry, start, path);
            journal.Append(new Entry(start, null));
            return journal;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Reads every journal of a folder: the starts in their order, and the last answer of each question under each setting.
    /// </summary>
    /// <exception cref="WinnowException">There is none, or a line is damaged.</exception>
    public static (IReadOnlyList<RunStart> Starts, IReadOnlyList<AnswerLine> Answers) ReadAll(string folder)
    {
        string[] files = Directory.Exists(folder) ? Files(folder) : [];
        if (files.Length == 0)
            throw new WinnowException(
                $"There are no results under {folder} (no {Stem}.jsonl); run 'winnow eval' with --out {folder} first.");
        var starts = new List<RunStart>();
        var answers = new Dictionary<(string, string, double), AnswerLine>();
        foreach (Entry entry in files.SelectMany(Entries))
        {
            if (entry.Start is not null)
                starts.Add(entry.Start);
            if (entry.Answer is not null)
                Put(answers, entry.Answer);
        }
        return (starts, [.. answers.Values]);
    }

    /// <summary>The answers so far; the last one of each question under each setting.</summary>
    public IReadOnlyCollection<AnswerLine> Answers => _answers.Values;

    /// <summary>Whether the question has an answer (not an error) under the setting, to the same prompt.</summary>
    public bool Holds(Question question, MethodSetting setting) =>
        _answers.TryGetValue((question.Id, setting.Method, setting.Retention), out AnswerLine? line)
            && line.Error is null && line.PromptHash == PromptHash.Of(question);

    /// <summary>Appends an answer; it is on its way to the disk when this returns.</summary>
    public void Append(AnswerLine answer)
    {
        Append(new Entry(null, answer));
        Put(_answers, answer);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Append(Entry entry)
    {
        _file.Seek(0, SeekOrigin.End);
        _file.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(entry, Style) + "\n"));
        _file.Flush();
    }

    private void Take(Entry entry, RunStart start, string path)
    {
        if (entry.Answer is not null)
            Put(_answers, entry.Answer);
        if (entry.Start is null)
            return;
        foreach ((string name, string value) in start.Conditions)
            if (entry.Start.Conditions.GetValueOrDefault(name) is var earlier && earlier != value)
                throw new WinnowException(
                    $"{path} holds results with {name} = {earlier ?? "(none)"}; "
                        + $"this run has {value}. Results of unlike runs do not mix: choose another --out.");
    }

    /// <summary>Of an answer and an error to the same prompt the answer stays; otherwise the later.</summary>
    private static void Put(Dictionary<(string, string, double), AnswerLine> answers, AnswerLine line)
    {
        if (line.Error is not null && answers.TryGetValue(Key(line), out AnswerLine? known)
            && known.Error is null && known.PromptHash == line.PromptHash)
            return;
        answers[Key(line)] = line;
    }

    private static string[] Files(string folder) =>
        [.. Directory.EnumerateFiles(folder, $"{Stem}*.jsonl").Order(StringComparer.Ordinal)];

    private static FileStream OpenToWrite(string path)
    {
        try
        {
            // Outside Windows only a file that is not shared is locked against other writers, and who merely reads may read all the same.
            FileShare share = OperatingSystem.IsWindows() ? FileShare.Read : FileShare.None;
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, share);
        }
        catch (IOException error)
        {
            throw new WinnowException(
                $"{path} cannot be written ({error.Message}); if another run is writing it, wait for its end, "
                    + "or share the work out with --shard.",
                error);
        }
    }

    private static void DropUnfinishedLine(FileStream file)
    {
        long end = file.Length;
        while (end > 0)
        {
            file.Seek(end - 1, SeekOrigin.Begin);
            if (file.ReadByte() == '\n')
                break;
            end--;
        }
        file.SetLength(end);
        file.Seek(0, SeekOrigin.Begin);
    }

    private static IEnumerable<Entry> Entries(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        foreach (Entry entry in Entries(path, file))
            yield return entry;
    }

    private static IEnumerable<Entry> Entries(string path, FileStream file)
    {
        using var reader = new StreamReader(file, Encoding.UTF8, false, -1, leaveOpen: true);
        int number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            Entry? entry = null;
            try
            {
                entry = JsonSerializer.Deserialize<Entry>(line, Style);
            }
            catch (JsonException error) when (!reader.EndOfStream)
            {
                throw new WinnowException($"{path}, line {number} is damaged ({error.Message}); remove that line to go on.", error);
            }
            catch (JsonException)
            {
                // A writer of another process is in the middle of its last line.
            }
            if (entry is not null)
                yield return entry;
        }
    }

    private static (string, string, double) Key(AnswerLine line) => (line.Id, line.Method, line.Retention);

    private sealed record Entry(RunStart? Start, AnswerLine? Answer);
}
