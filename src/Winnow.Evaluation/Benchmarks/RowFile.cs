using System.Text.Json;
using Winnow.Evaluation.Parquet;

namespace Winnow.Evaluation.Benchmarks;

/// <summary>Reads rows from the forms in which benchmarks are stored: a JSON array, JSON lines, CSV, Parquet.</summary>
internal static class RowFile
{
    private const string Parquet = ".parquet";

    /// <summary>Endings in the order in which they are looked for.</summary>
    private static readonly string[] Endings = [".json", ".jsonl", ".csv", Parquet];

    /// <summary>Reads all rows.</summary>
    /// <exception cref="WinnowException">The file is no such table; the message names the place.</exception>
    public static IReadOnlyList<Row> Read(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".csv" => Csv.Read(path),
        ".jsonl" => [.. Lines(path)],
        Parquet => [.. ParquetFile.Read(path)
            .Select((row, index) => new Row(JsonSerializer.SerializeToElement(row), $"{path}, row {index + 1}"))],
        _ => Array(path),
    };

    /// <summary>
    /// The table of a split as the hub names its files (<c>test-00000-of-00001</c>, <c>test</c>), in a folder
    /// or one below it; null where there is none.
    /// </summary>
    /// <exception cref="WinnowException">A file is no such table.</exception>
    public static IReadOnlyList<Row>? FindTable(string folder, string split)
    {
        string[] files = [.. Candidates(folder, split)];
        // Rows that the user converted stand beside the original: they are read instead of it, not with it.
        string? ending = Endings.FirstOrDefault(candidate => files.Any(file => Path.GetExtension(file) == candidate));
        return ending is null ? null : [.. files.Where(file => Path.GetExtension(file) == ending).SelectMany(Read)];
    }

    /// <summary>Whether a table of the split is there, in whatever form.</summary>
    public static bool HasTable(string folder, string split) => Candidates(folder, split).Any();

    private static IEnumerable<string> Candidates(string folder, string split) =>
        Directory.Exists(folder)
            ? Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Prepend(folder)
                .SelectMany(place => Directory.EnumerateFiles(place).Order(StringComparer.Ordinal))
                .Where(file => IsOfSplit(Path.GetFileName(file), split))
            : [];

    private static bool IsOfSplit(string name, string split)
    {
        string stem = Path.GetFileNameWithoutExtension(name);
        return Endings.Contains(Path.GetExtension(name)) && (stem == split || stem.StartsWith($"{split}-", StringComparison.Ordinal));
    }

    private static IEnumerable<Row> Lines(string path)
    {
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
                yield return Object(Parse(line, $"{path}, line {number}"), $"{path}, line {number}");
        }
    }

    private static Row[] Array(string path)
    {
        JsonElement root = Parse(File.ReadAllText(path), path);
        return root.ValueKind == JsonValueKind.Array
            ? [.. root.EnumerateArray().Select((item, index) => Object(item, $"{path}, row {index + 1}"))]
            : throw new WinnowException($"{path} holds {root.ValueKind}; an array of rows is expected.");
    }

    /// <summary>The one JSON value of a file.</summary>
    /// <exception cref="WinnowException">The file is no JSON.</exception>
    public static JsonElement ReadValue(string path) => Parse(File.ReadAllText(path), path);

    private static Row Object(JsonElement item, string where) =>
        item.ValueKind == JsonValueKind.Object
            ? new Row(item, where)
            : throw new WinnowException($"{where}: {item.ValueKind} instead of an object with fields.");

    private static JsonElement Parse(string text, string where)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException error)
        {
            throw new WinnowException($"{where}: no JSON ({error.Message})", error);
        }
    }
}
