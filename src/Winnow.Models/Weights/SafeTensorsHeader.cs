using System.Text.Json;

namespace Winnow.Models.Weights;

/// <summary>The header of a safetensors file: JSON text that says which bytes after it hold which tensor.</summary>
internal sealed class SafeTensorsHeader
{
    private const string MetadataKey = "__metadata__";

    private SafeTensorsHeader(Dictionary<string, TensorEntry> entries, Dictionary<string, string> metadata) =>
        (Entries, Metadata) = (entries, metadata);

    public IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Reads the header's text and checks every entry against the size of the data that follows it.</summary>
    /// <param name="json">The text.</param>
    /// <param name="dataStart">Where the data start, in bytes from the start of the file.</param>
    /// <param name="dataLength">Bytes of data.</param>
    /// <exception cref="WinnowException">The header contradicts itself or the file; the message lacks the file's name.</exception>
    public static SafeTensorsHeader Parse(ReadOnlyMemory<byte> json, long dataStart, long dataLength)
    {
        using JsonDocument document = ParseJson(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new WinnowException("the header is no JSON object");
        var entries = new Dictionary<string, TensorEntry>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            if (property.Name == MetadataKey)
                ReadMetadata(property.Value, metadata);
            else if (!entries.TryAdd(property.Name, ReadEntry(property, dataStart, dataLength)))
                throw new WinnowException($"the tensor {property.Name} is named twice");
        }
        RefuseOverlap(entries.Values);
        return new SafeTensorsHeader(entries, metadata);
    }

    private static JsonDocument ParseJson(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException exception)
        {
            throw new WinnowException($"the header is no JSON ({exception.Message})", exception);
        }
    }

    private static void ReadMetadata(JsonElement element, Dictionary<string, string> metadata)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new WinnowException($"{MetadataKey} is no JSON object");
        foreach (JsonProperty property in element.EnumerateObject())
            metadata[property.Name] = property.Value.ToString();
    }

    private static TensorEntry ReadEntry(JsonProperty property, long dataStart, long dataLength)
    {
        (string name, JsonElement value) = (property.Name, property.Value);
        if (!TryGet(value, "dtype", JsonValueKind.String, out JsonElement dtype)
            || !TryGet(value, "shape", JsonValueKind.Array, out JsonElement sides)
            || !TryGet(value, "data_offsets", JsonValueKind.Array, out JsonElement range)
            || range.GetArrayLength() != 2
            || !range[0].TryGetInt64(out long low)
            || !range[1].TryGetInt64(out long high))
            throw new WinnowException($"the tensor {name} lacks dtype, shape or two data_offsets");
        TensorType type = ReadType(name, dtype.GetString()!);
        int[] shape = [.. sides.EnumerateArray().Select(side => ReadSide(name, side))];
        if (low < 0 || high < low || high > dataLength)
            throw new WinnowException(
                $"the tensor {name} has the data_offsets [{low}, {high}], outside the {dataLength} bytes of data; the file may be "
                + "truncated");
        long expected = ByteCount(name, type, shape);
        if (high - low != expected)
            throw new WinnowException(
                $"the tensor {name} of {type} [{string.Join(", ", shape)}] needs {expected} bytes, but has {high - low}");
        return new TensorEntry(name, type, shape, dataStart + low, expected);
    }

    private static bool TryGet(JsonElement parent, string key, JsonValueKind kind, out JsonElement value)
    {
        value = default;
        return parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(key, out value) && value.ValueKind == kind;
    }

    private static TensorType ReadType(string name, string text) => text switch
    {
        "F64" => TensorType.F64,
        "F32" => TensorType.F32,
        "F16" => TensorType.F16,
        "BF16" => TensorType.BF16,
        "I64" => TensorType.I64,
        "I32" => TensorType.I32,
        "I8" => TensorType.I8,
        "U8" => TensorType.U8,
        "BOOL" => TensorType.Bool,
        _ => throw new WinnowException(
            $"the tensor {name} has the dtype {text}; supported are F64, F32, F16, BF16, I64, I32, I8, U8 and BOOL"),
    };

    private static int ReadSide(string name, JsonElement side) =>
        side.ValueKind == JsonValueKind.Number && side.TryGetInt32(out int value) && value >= 0
        ? value
        : throw new WinnowException(
            $"the tensor {name} has the side {side.GetRawText()}; it must be a whole number from 0 to {int.MaxValue}");

    private static long ByteCount(string name, TensorType type, int[] shape)
    {
        try
        {
            return shape.Aggregate((long)TensorEntry.SizeOf(type), (product, side) => checked(product * side));
        }
        catch (OverflowException exception)
        {
            throw new WinnowException($"the tensor {name} of [{string.Join(", ", shape)}] is too large", exception);
        }
    }

    private static void RefuseOverlap(IEnumerable<TensorEntry> entries)
    {
        TensorEntry? previous = null;
        foreach (TensorEntry entry in entries.Where(entry => entry.ByteCount > 0).OrderBy(entry => entry.Offset))
        {
            if (previous is not null && entry.Offset < previous.Offset + previous.ByteCount)
                throw new WinnowException($"the tensors {previous.Name} and {entry.Name} share bytes");
            previous = entry;
        }
    }
}
