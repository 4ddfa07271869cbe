using System.Text;
using System.Text.Json;

namespace Winnow.Evaluation.Benchmarks;

/// <summary>
/// Comma-separated values with a header (RFC 4180: quotes around a field, doubled inside; a quoted field may hold line breaks).
/// </summary>
internal static class Csv
{
    public static IReadOnlyList<Row> Read(string path)
    {
        List<string[]> records = Records(File.ReadAllText(path), path);
        if (records.Count == 0)
            throw new WinnowException($"{path} is empty; a header line is expected.");
        string[] header = records[0];
        var rows = new List<Row>(records.Count - 1);
        for (int i = 1; i < records.Count; i++)
        {
            string where = $"{path}, row {i}";
            if (records[i].Length != header.Length)
                throw new WinnowException($"{where} has {records[i].Length} fields; the header has {header.Length}.");
            rows.Add(new Row(
                JsonSerializer.SerializeToElement(header.Zip(records[i]).ToDictionary(pair => pair.First, pair => pair.Second)), where));
        }
        return rows;
    }

    private static List<string[]> Records(string text, string path)
    {
        var records = new List<string[]>();
        var record = new List<string>();
        var field = new StringBuilder();
        bool isQuoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char symbol = text[i];
            if (isQuoted && symbol == '"' && i + 1 < text.Length && text[i + 1] == '"')
                field.Append(text[++i]);
            else if (symbol == '"' && (isQuoted || field.Length == 0))
                isQuoted = !isQuoted;
            else if (isQuoted || symbol is not (',' or '\n' or '\r'))
                field.Append(symbol);
            else if (symbol == ',')
                EndField();
            else if (symbol == '\n')
                EndRecord();
        }
        if (isQuoted)
            throw new WinnowException($"{path}: a quoted field is not closed at the end of the file.");
        EndRecord();
        return records;

        void EndField()
        {
            record.Add(field.ToString());
            field.Clear();
        }

        void EndRecord()
        {
            if (record.Count == 0 && field.Length == 0)
                return;
            EndField();
            records.Add([.. record]);
            record.Clear();
        }
    }
}
