using System.Text.Json;

namespace Winnow.Models.Configuration;

/// <summary>One object of a model folder's JSON files: values by any of their names, with errors that say file, key and value.</summary>
internal sealed class ConfigObject
{
    private readonly JsonElement _element;
    private readonly string _path;

    private ConfigObject(JsonElement element, string path) => (_element, _path) = (element, path);

    /// <summary>An object without keys: every value is its default.</summary>
    public static ConfigObject Empty(string path) => new(JsonDocument.Parse("{}").RootElement, path);

    /// <summary>Reads a JSON file.</summary>
    /// <exception cref="WinnowException">The file is missing or no JSON object.</exception>
    public static ConfigObject Read(string path)
    {
        try
        {
            return Parse(File.ReadAllBytes(path), path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new WinnowException($"{path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Reads JSON text.</summary>
    /// <param name="json">The text, UTF-8.</param>
    /// <param name="path">Where it comes from, for messages.</param>
    /// <exception cref="WinnowException">It is no JSON object.</exception>
    public static ConfigObject Parse(ReadOnlyMemory<byte> json, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new ConfigObject(document.RootElement.Clone(), path)
                : throw new WinnowException($"{path} holds no JSON object.");
        }
        catch (JsonException exception)
        {
            throw new WinnowException($"{path} is no JSON: {exception.Message}", exception);
        }
    }

    /// <summary>Whether the key stands there with a value other than null.</summary>
    public bool Has(string name) => Find([name]) is not null;

    /// <summary>A nested object, or null.</summary>
    public ConfigObject? Object(string name) => Find([name]) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new ConfigObject(value, $"{_path}: {name}"),
        { } value => throw Refuse(name, value, "an object"),
    };

    /// <summary>A whole number under the first of the names that has a value.</summary>
    public int? Whole(params ReadOnlySpan<string> names) => Find(names) switch
    {
        null => null,
        { } value when IsWhole(value) => value.GetInt32(),
        { } value => throw Refuse(names[0], value, "a whole number"),
    };

    /// <summary>A size: a whole number of at least 1.</summary>
    public int Size(string name, int fallback) => Whole(name) switch
    {
        null => fallback,
        int size and >= 1 => size,
        int size => throw new WinnowException($"{_path}: {name} is {size}; it must be at least 1."),
    };

    /// <summary>A number.</summary>
    public double? Number(string name) => Find([name]) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value => value.GetDouble(),
        { } value => throw Refuse(name, value, "a number"),
    };

    /// <summary>A truth value.</summary>
    public bool? Flag(string name) => Find([name]) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw Refuse(name, value, "true or false"),
    };

    /// <summary>A text.</summary>
    public string? Text(string name) => Find([name]) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        { } value => throw Refuse(name, value, "a text"),
    };

    /// <summary>Whole numbers, given as a list or as one number.</summary>
    public int[]? Wholes(string name) => Find([name]) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } list when list.EnumerateArray().All(IsWhole) =>
            [.. list.EnumerateArray().Select(item => item.GetInt32())],
        { ValueKind: JsonValueKind.Array } list => throw Refuse(name, list, "whole numbers"),
        _ => [Whole(name)!.Value],
    };

    /// <summary>A list of numbers.</summary>
    public double[]? Numbers(string name) => Find([name]) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } list when list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number) =>
            [.. list.EnumerateArray().Select(item => item.GetDouble())],
        { } value => throw Refuse(name, value, "a list of numbers"),
    };

    /// <summary>Texts, given as a list.</summary>
    public string[]? Texts(string name) => Find([name]) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } list when list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
            [.. list.EnumerateArray().Select(item => item.GetString()!)],
        { } value => throw Refuse(name, value, "a list of texts"),
    };

    /// <summary>The keys, with text values.</summary>
    public IEnumerable<(string Key, string Value)> TextProperties() =>
        _element.EnumerateObject()
            .Select(property => (property.Name, Text(property.Name) ?? throw Refuse(property.Name, property.Value, "a text")));

    /// <summary>An error about a value that is well formed, but not supported here.</summary>
    public WinnowException Unsupported(string name, object value, string supported) =>
        new($"{_path}: {name} is {value}, which is not supported; supported: {supported}.");

    /// <summary>An error about this object.</summary>
    public WinnowException Wrong(string what) => new($"{_path}: {what}");

    private static bool IsWhole(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out _);

    private JsonElement? Find(ReadOnlySpan<string> names)
    {
        foreach (string name in names)
            if (_element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null)
                return value;
        return null;
    }

    private WinnowException Refuse(string name, JsonElement value, string expected) =>
        new($"{_path}: {name} is {value.GetRawText()}; it must be {expected}.");
}
