using System.Text;
using System.Text.Json;

namespace Winnow.Models.Tokenize;

/// <summary>Reads tokenizer.json.</summary>
/// <remarks>
/// Whatever would change ids and is not implemented is refused: a tokenizer that is nearly right gives answers that are silently worse.
/// Truncation and padding settings are of no effect here, since prompts are never cut or filled up.
/// </remarks>
internal static class TokenizerJson
{
    /// <summary>Bytes of a file per vocabulary entry, about: sizes the tables.</summary>
    private const int BytesPerToken = 32;

    /// <summary>Reads a whole file.</summary>
    /// <param name="json">The file's bytes, without a byte order mark.</param>
    /// <param name="source">The file's name, for messages.</param>
    /// <exception cref="WinnowException">The file is corrupt, or asks for what is not implemented.</exception>
    public static TokenizerDefinition Read(ReadOnlySpan<byte> json, string source)
    {
        var reader = new Utf8JsonReader(json);
        Require(reader.Read() && reader.TokenType == JsonTokenType.StartObject, source, "it is not a JSON object");
        JsonElement added = default;
        bool normalizes = false, split = false;
        Model model = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            switch (name)
            {
                case "model": model = ReadModel(ref reader, json.Length / BytesPerToken, source); break;
                case "added_tokens": added = JsonElement.ParseValue(ref reader); break;
                case "normalizer": normalizes = ReadNormalizer(JsonElement.ParseValue(ref reader), source); break;
                case "pre_tokenizer": split = CheckPreTokenizer(JsonElement.ParseValue(ref reader), source); break;
                case "post_processor": RequireType(JsonElement.ParseValue(ref reader), name, "ByteLevel", source, mayBeNull: true); break;
                case "decoder": RequireType(JsonElement.ParseValue(ref reader), name, "ByteLevel", source, mayBeNull: false); break;
                case "version": Require(reader.ValueTextEquals("1.0"), source, "its version is not 1.0"); break;
                default: reader.Skip(); break;
            }
        }
        Require(model.Vocabulary is not null && model.Merges is not null, source, "it has no model with vocab and merges");
        Require(split, source, "it has no pre_tokenizer");
        var definition = new TokenizerDefinition(source, model.Vocabulary!, model.Merges!)
        {
            Normalizes = normalizes,
            IgnoresMerges = model.IgnoresMerges,
        };
        if (added.ValueKind == JsonValueKind.Array)
            foreach (JsonElement token in added.EnumerateArray())
                definition.Add(AddedTokenJson.Read(token, token.GetProperty("id").GetInt32(), source), source);
        return definition;
    }

    /// <summary>Reads an object of token strings and ids, as in <c>model.vocab</c> and in vocab.json.</summary>
    /// <param name="reader">At the start of the object; left at its end.</param>
    /// <param name="expected">About how many entries there are.</param>
    /// <param name="source">The file's name, for messages.</param>
    public static Vocabulary ReadVocabulary(ref Utf8JsonReader reader, int expected, string source)
    {
        Require(reader.TokenType == JsonTokenType.StartObject, source, "the vocabulary is not an object");
        var vocabulary = new Vocabulary(expected);
        byte[] unescaped = new byte[256];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ReadOnlySpan<byte> token = reader.ValueSpan;
            if (reader.ValueIsEscaped)
            {
                if (token.Length > unescaped.Length)
                    unescaped = new byte[token.Length];
                token = unescaped.AsSpan(0, reader.CopyString(unescaped));
            }
            reader.Read();
            int id = reader.GetInt32();
            if (!vocabulary.TryAdd(token, id))
            {
                string text = Encoding.UTF8.GetString(token);
                throw new WinnowException(
                    $"{source}: vocabulary entry '{text}' with id {id} is empty, listed twice or out of range; the file is corrupt.");
            }
        }
        return vocabulary;
    }

    private static Model ReadModel(ref Utf8JsonReader reader, int expected, string source)
    {
        Require(reader.TokenType == JsonTokenType.StartObject, source, "model is not an object");
        Vocabulary? vocabulary = null;
        bool ignoresMerges = false;
        // Merges need the vocabulary, which need not come first: their place is kept.
        Utf8JsonReader merges = default;
        bool hasMerges = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            switch (name)
            {
                case "vocab": vocabulary = ReadVocabulary(ref reader, expected, source); break;
                case "merges":
                    merges = reader;
                    hasMerges = true;
                    reader.Skip();
                    break;
                case "ignore_merges": ignoresMerges = reader.TokenType == JsonTokenType.True; break;
                default: CheckModelSetting(ref reader, name, source); break;
            }
        }
        if (vocabulary is null || !hasMerges)
            return default;
        return new Model(vocabulary, ReadMerges(ref merges, vocabulary, expected, source), ignoresMerges);
    }

    private static void CheckModelSetting(ref Utf8JsonReader reader, string name, string source)
    {
        string value = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray ? "a structure" : ValueText(ref reader);
        bool supported = name switch
        {
            "type" => value == "BPE",
            "dropout" => value == "null",
            "continuing_subword_prefix" or "end_of_word_suffix" => value is "null" or "",
            "fuse_unk" or "byte_fallback" => value is "null" or "false",
            _ => true,
        };
        Require(supported, source, $"model.{name} is {value}, which is not supported: only byte-level BPE as in Qwen2 is");
        reader.Skip();
    }

    private static string ValueText(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String ? reader.GetString()! : Encoding.UTF8.GetString(reader.ValueSpan);

    private static MergeTable ReadMerges(ref Utf8JsonReader reader, Vocabulary vocabulary, int expected, string source)
    {
        Require(reader.TokenType == JsonTokenType.StartArray, source, "model.merges is not an array");
        var merges = new MergeReader(vocabulary, source, expected);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                merges.AddLine(CopyString(ref reader, merges, 0));
                continue;
            }
            Require(reader.TokenType == JsonTokenType.StartArray, source, "a merge is neither a string nor a pair");
            reader.Read();
            int left = CopyString(ref reader, merges, 0);
            reader.Read();
            int right = CopyString(ref reader, merges, left);
            merges.AddJoined(left, left + right);
            Require(reader.Read() && reader.TokenType == JsonTokenType.EndArray, source, "a merge is not a pair");
        }
        return merges.Merges;
    }

    private static int CopyString(ref Utf8JsonReader reader, MergeReader merges, int at)
    {
        Span<byte> target = merges.Buffer(at + reader.ValueSpan.Length, keep: at)[at..];
        if (reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped)
        {
            reader.ValueSpan.CopyTo(target);
            return reader.ValueSpan.Length;
        }
        return reader.CopyString(target);
    }

    private static bool ReadNormalizer(JsonElement element, string source)
    {
        if (element.ValueKind == JsonValueKind.Null)
            return false;
        RequireType(element, "normalizer", "NFC", source, mayBeNull: true);
        return true;
    }

    private static bool CheckPreTokenizer(JsonElement element, string source)
    {
        const string Supported = "only Qwen2's pre_tokenizer (its regular expression, then ByteLevel) is supported";
        RequireType(element, "pre_tokenizer", "Sequence", source, mayBeNull: false);
        JsonElement[] steps = [.. element.GetProperty("pretokenizers").EnumerateArray()];
        Require(steps.Length == 2, source, $"pre_tokenizer has {steps.Length} steps; {Supported}");
        RequireType(steps[0], "pre_tokenizer step 1", "Split", source, mayBeNull: false);
        RequireType(steps[1], "pre_tokenizer step 2", "ByteLevel", source, mayBeNull: false);
        string? expression = steps[0].GetProperty("pattern").TryGetProperty("Regex", out JsonElement regex) ? regex.GetString() : null;
        Require(expression == PreTokenScanner.Expression, source, $"pre_tokenizer splits by '{expression}'; {Supported}");
        bool isolates = steps[0].GetProperty("behavior").GetString() == "Isolated" && !IsTrue(steps[0], "invert");
        Require(isolates, source, $"pre_tokenizer's Split differs; {Supported}");
        bool onlyMapsBytes = !IsTrue(steps[1], "add_prefix_space") && !IsTrue(steps[1], "use_regex", otherwise: true);
        Require(onlyMapsBytes, source, $"pre_tokenizer's ByteLevel differs; {Supported}");
        return true;
    }

    private static bool IsTrue(JsonElement element, string name, bool otherwise = false) =>
        element.TryGetProperty(name, out JsonElement value) ? value.ValueKind == JsonValueKind.True : otherwise;

    private static void RequireType(JsonElement element, string name, string type, string source, bool mayBeNull)
    {
        if (element.ValueKind == JsonValueKind.Null && mayBeNull)
            return;
        bool isObject = element.ValueKind == JsonValueKind.Object;
        string? actual = isObject && element.TryGetProperty("type", out JsonElement value) ? value.GetString() : null;
        Require(actual == type, source, $"{name} is of type {actual ?? "null"}; only {type} is supported");
    }

    private static void Require(bool condition, string source, string problem)
    {
        if (!condition)
            throw new WinnowException($"{source}: {problem}.");
    }

    private readonly record struct Model(Vocabulary? Vocabulary, MergeTable? Merges, bool IgnoresMerges);
}
