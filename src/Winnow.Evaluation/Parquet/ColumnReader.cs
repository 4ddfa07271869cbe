using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using ZstdSharp;

namespace Winnow.Evaluation.Parquet;

/// <summary>Reads one column of one row group: pages, levels, values.</summary>
/// <param name="file">The whole file.</param>
/// <param name="column">The column.</param>
internal sealed class ColumnReader(byte[] file, ParquetColumn column)
{
    private const int DataPage = 0, DictionaryPage = 2, DataPage2 = 3;
    private const int Plain = 0, PlainDictionary = 2, RunLength = 3, RunLengthDictionary = 8;

    private readonly List<object?> _rows = [];
    private object[] _dictionary = [];

    /// <summary>The values of the column, one a row: null, a value, or a list of them.</summary>
    /// <exception cref="InvalidDataException">
    /// The column is damaged or encoded in a way that this reader does not know; the message says which.
    /// </exception>
    public IReadOnlyList<object?> Read(ThriftStruct metadata)
    {
        long values = metadata.Integer(5) ?? 0, start = metadata.Integer(11) ?? metadata.Integer(9) ?? 0;
        int codec = (int)(metadata.Integer(4) ?? 0);
        // Some writers state a dictionary at 0 where there is none.
        int at = checked((int)(start > 0 ? start : metadata.Integer(9) ?? 0));
        while (values > 0)
        {
            var reader = new ThriftReader(file.AsSpan(at));
            ThriftStruct header = reader.ReadStruct();
            int size = (int)(header.Integer(3) ?? 0);
            at += reader.Position;
            if (size < 0 || size > file.Length - at)
                throw new InvalidDataException("a page reaches beyond the end");
            values -= ReadPage(header, file.AsSpan(at, size), codec);
            at += size;
        }
        return _rows;
    }

    /// <summary>Reads a page.</summary>
    /// <returns>The values in it, missing ones included; 0 for a dictionary.</returns>
    private int ReadPage(ThriftStruct header, ReadOnlySpan<byte> page, int codec)
    {
        switch (header.Integer(1))
        {
            case DictionaryPage when header.Struct(7) is { } dictionary:
                _dictionary = PlainValues.Read(Unpack(page, codec), column.Type, (int)(dictionary.Integer(1) ?? 0));
                return 0;
            case DataPage when header.Struct(5) is { } data:
                int count = (int)(data.Integer(1) ?? 0);
                ReadOnlySpan<byte> content = Unpack(page, codec);
                int[] repetitions = Levels(ref content, column.MaximumRepetition, count),
                    definitions = Levels(ref content, column.MaximumDefinition, count);
                Assemble(repetitions, definitions, content, (int)(data.Integer(2) ?? 0));
                return count;
            case DataPage2 when header.Struct(8) is { } data:
                return ReadPage2(data, page, codec);
            default:
                return 0;
        }
    }

    /// <summary>The newer form, in which the levels stand before the packed values.</summary>
    private int ReadPage2(ThriftStruct data, ReadOnlySpan<byte> page, int codec)
    {
        int count = (int)(data.Integer(1) ?? 0),
            definitionBytes = (int)(data.Integer(5) ?? 0),
            repetitionBytes = (int)(data.Integer(6) ?? 0);
        if (definitionBytes < 0 || repetitionBytes < 0 || definitionBytes + repetitionBytes > page.Length)
            throw new InvalidDataException("a page's levels reach beyond its end");
        int[] repetitions = HybridDecoder.Decode(page[..repetitionBytes], Width(column.MaximumRepetition), count);
        int[] definitions = HybridDecoder.Decode(page.Slice(repetitionBytes, definitionBytes), Width(column.MaximumDefinition), count);
        ReadOnlySpan<byte> values = page[(repetitionBytes + definitionBytes)..];
        Assemble(repetitions, definitions, data.Flag(7) == false ? values : Unpack(values, codec), (int)(data.Integer(4) ?? 0));
        return count;
    }

    private static int[] Levels(ref ReadOnlySpan<byte> content, int maximum, int count)
    {
        if (maximum == 0)
            return new int[count];
        int length = content.Length < 4 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(content);
        if (length < 0 || length > content.Length - 4)
            throw new InvalidDataException("a page's levels reach beyond its end");
        int[] levels = HybridDecoder.Decode(content.Slice(4, length), Width(maximum), count);
        content = content[(4 + length)..];
        return levels;
    }

    private void Assemble(int[] repetitions, int[] definitions, ReadOnlySpan<byte> content, int encoding)
    {
        object[] values = Values(content, encoding, definitions.Count(level => level == column.MaximumDefinition));
        int next = 0;
        for (int i = 0; i < definitions.Length; i++)
        {
            object? value = definitions[i] == column.MaximumDefinition ? values[next++] : null;
            // Not a number is how some writers say that there is none; JSON has no word for it.
            if (value is double number && !double.IsFinite(number))
                value = null;
            if (!column.IsList)
                _rows.Add(value);
            else if (repetitions[i] > 0 && _rows.Count > 0 && _rows[^1] is List<object?> list)
                list.Add(value);
            else
                // Below the level of an element there is none: an empty list, or no list at all.
                _rows.Add(
                    definitions[i] >= column.RepeatedAt ? new List<object?> { value }
                    : definitions[i] == column.RepeatedAt - 1 ? new List<object?>()
                    : null);
        }
    }

    private object[] Values(ReadOnlySpan<byte> content, int encoding, int count)
    {
        switch (encoding)
        {
            case Plain:
                return PlainValues.Read(content, column.Type, count);
            case PlainDictionary or RunLengthDictionary when count == 0:
                return [];
            case PlainDictionary or RunLengthDictionary:
                int[] indices = content.IsEmpty
                    ? throw new InvalidDataException("a page ends too early")
                    : HybridDecoder.Decode(content[1..], content[0], count);
                return [.. indices.Select(index => (uint)index < (uint)_dictionary.Length
                    ? _dictionary[index]
                    : throw new InvalidDataException("an index lies outside its dictionary"))];
            case RunLength when column.Type == 0 && content.Length >= 4:
                return [.. HybridDecoder.Decode(content[4..], 1, count).Select(bit => (object)(bit == 1))];
            default:
                throw new InvalidDataException($"column {column.Name} has encoding {encoding}");
        }
    }

    private static byte[] Unpack(ReadOnlySpan<byte> packed, int codec)
    {
        switch (codec)
        {
            case 0:
                return packed.ToArray();
            case 1:
                return Snappy.Unpack(packed);
            case 2:
                return ReadAll(packed, source => new GZipStream(source, CompressionMode.Decompress));
            case 4:
                return ReadAll(packed, source => new BrotliStream(source, CompressionMode.Decompress));
            case 6:
                return ReadAll(packed, source => new DecompressionStream(source));
            default:
                throw new InvalidDataException($"its pages are packed with codec {codec}");
        }
    }

    private static byte[] ReadAll(ReadOnlySpan<byte> packed, Func<Stream, Stream> unpack)
    {
        using var source = new MemoryStream(packed.ToArray());
        using Stream unpacked = unpack(source);
        using var result = new MemoryStream();
        try
        {
            unpacked.CopyTo(result);
        }
        catch (Exception error) when (error is ZstdException or EndOfStreamException)
        {
            throw new InvalidDataException($"a page cannot be unpacked ({error.Message})", error);
        }
        return result.ToArray();
    }

    private static int Width(int maximum) => 32 - BitOperations.LeadingZeroCount((uint)maximum);
}
