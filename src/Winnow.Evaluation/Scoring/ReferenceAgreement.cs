using System.Text.Json;

namespace Winnow.Evaluation;

/// <summary>
/// Compares replies with those that a reference implementation gave to the same questions
/// (<c>reference.jsonl</c> beside the questions: id, text, ...).
/// </summary>
public static class ReferenceAgreement
{
    private const string File = "reference.jsonl";

    /// <summary>Reads the recorded replies.</summary>
    /// <returns>Reply by question id.</returns>
    /// <exception cref="WinnowException">The file is missing, or a line is no recorded reply.</exception>
    public static IReadOnlyDictionary<string, string> Read(string folder)
    {
        string path = Path.Combine(folder, File);
        if (!System.IO.File.Exists(path))
            throw new WinnowException($"There is no {path}; --reference needs the recorded replies (one object a line: id, text).");
        var replies = new Dictionary<string, string>(StringComparer.Ordinal);
        int number = 0;
        foreach (string line in System.IO.File.ReadLines(path))
        {
            number++;
            try
            {
                using JsonDocument row = JsonDocument.Parse(line);
                replies[row.RootElement.GetProperty("id").GetString()!] = row.RootElement.GetProperty("text").GetString()!;
            }
            catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                throw new WinnowException($"{path}, line {number}: no recorded reply ({error.Message})", error);
            }
        }
        return replies;
    }

    /// <summary>Counts the replies that are the recorded ones, to the character.</summary>
    /// <param name="reference">Recorded reply by question id.</param>
    /// <param name="replies">Id and reply of each question; those without a recorded one are left out.</param>
    /// <returns>Equal replies, replies compared, and the ids of the unequal ones.</returns>
    public static (int Equal, int Compared, IReadOnlyList<string> Unequal) Compare(
        IReadOnlyDictionary<string, string> reference, IEnumerable<(string Id, string Reply)> replies)
    {
        (string Id, string Reply)[] known = [.. replies.Where(pair => reference.ContainsKey(pair.Id))];
        string[] unequal = [.. known.Where(pair => reference[pair.Id] != pair.Reply).Select(pair => pair.Id)];
        return (known.Length - unequal.Length, known.Length, unequal);
    }
}
