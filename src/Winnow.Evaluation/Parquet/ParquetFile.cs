using System.Buffers.Binary;

namespace Winnow.Evaluation.Parquet;

/// <summary>
/// Reads Parquet tables as benchmarks come in: numbers, texts, and lists of them; plain or by dictionary;
/// unpacked, Snappy, gzip, Brotli or Zstandard.
/// </summary>
/// <remarks>Format: apache/parquet-format, README.md and Encodings.md. Columns nested more deeply than a list are left out.</remarks>
internal static class ParquetFile
{
    private static ReadOnlySpan<byte> Magic => "PAR1"u8;

    /// <summary>Reads all rows.</summary>
    /// <returns>Value by column: null, long, double, bool, string, or a list of them.</returns>
    /// <exception cref="WinnowException">
    /// The file is damaged or uses what this reader does not know; the message says what, and how to convert it.
    /// </exception>
    public static IReadOnlyList<IReadOnlyDictionary<string, object?>> Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        try
        {
            return Rows(file);
        }
        catch (Exception error) when (error is InvalidDataException or OverflowException)
        {
            throw new WinnowException(
                $"{path} cannot be read as Parquet: {error.Message}. "
                    + "Copy it again, or write the same rows next to it as JSON lines, for instance with"
                    + $" duckdb -c \"COPY (FROM '{path}') TO '{Path.ChangeExtension(path, ".jsonl")}'\".", error);
        }
    }

    private static List<IReadOnlyDictionary<string, object?>> Rows(byte[] file)
    {
        ThriftStruct footer = Footer(file);
        IReadOnlyList<ParquetColumn?> columns = ParquetSchema.Leaves(footer.List(2));
        var rows = new List<IReadOnlyDictionary<string, object?>>();
        foreach (ThriftStruct group in footer.List(4).Cast<ThriftStruct>())
        {
            var fresh = new Dictionary<string, object?>[checked((int)(group.Integer(3) ?? 0))];
            for (int row = 0; row < fresh.Length; row++)
                fresh[row] = [];
            IReadOnlyList<object> chunks = group.List(1);
            if (chunks.Count != columns.Count)
                throw new InvalidDataException($"a group has {chunks.Count} columns; the schema has {columns.Count}");
            for (int i = 0; i < chunks.Count; i++)
                if (columns[i] is { } column && ((ThriftStruct)chunks[i]).Struct(3) is { } metadata)
                    Fill(fresh, column, new ColumnReader(file, column).Read(metadata));
            rows.AddRange(fresh);
        }
        return rows;
    }

    private static void Fill(Dictionary<string, object?>[] rows, ParquetColumn column, IReadOnlyList<object?> values)
    {
        if (values.Count != rows.Length)
            throw new InvalidDataException($"column {column.Name} has {values.Count} rows; its group has {rows.Length}");
        for (int row = 0; row < rows.Length; row++)
            rows[row][column.Name] = values[row];
    }

    private static ThriftStruct Footer(byte[] file)
    {
        const int Tail = 8;
        if (file.Length < Tail + Magic.Length || !file.AsSpan(^Magic.Length..).SequenceEqual(Magic))
            throw new InvalidDataException("it does not end as a Parquet file does (a pointer of Git LFS, or cut off)");
        int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(^Tail..));
        if (length < 0 || length > file.Length - Tail)
            throw new InvalidDataException("its footer reaches beyond its start");
        return new ThriftReader(file.AsSpan(file.Length - Tail - length, length)).ReadStruct();
    }
}
