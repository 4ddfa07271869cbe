using System.Globalization;
using System.IO.Compression;
using System.Text.Json;

namespace Winnow.Models.Tokenize;

/// <summary>Reads the tokenizer's files of a checkpoint folder.</summary>
internal static class TokenizerFolder
{
    /// <summary>Entries of the vocabulary that all Qwen families share; its three first added tokens follow it.</summary>
    private const int QwenVocabulary = 151643;

    /// <summary>
    /// Reads tokenizer.json (or tokenizer.json.gz), otherwise vocab.json and merges.txt; then the added tokens of tokenizer_config.json.
    /// </summary>
    public static TokenizerDefinition Read(string folder)
    {
        string whole = Path.Combine(folder, "tokenizer.json"), packed = whole + ".gz";
        string vocabulary = Path.Combine(folder, "vocab.json"), merges = Path.Combine(folder, "merges.txt");
        TokenizerDefinition definition;
        if (File.Exists(whole) || File.Exists(packed))
        {
            string file = File.Exists(whole) ? whole : packed;
            using FileStream stream = File.OpenRead(file);
            definition = Read(stream, file);
        }
        else if (File.Exists(vocabulary) && File.Exists(merges))
            definition = ReadPair(vocabulary, merges);
        else
            throw new WinnowException($"{folder} holds no tokenizer: tokenizer.json, or vocab.json with merges.txt, must be there.");
        AddConfigured(definition, Path.Combine(folder, "tokenizer_config.json"));
        if (definition.AddedTokens.Count == 0 && definition.Vocabulary.Size == QwenVocabulary)
        {
            int id = QwenVocabulary;
            foreach (string content in (ReadOnlySpan<string>)["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
                definition.Add(new AddedToken(id++, content, Special: true, Normalized: false), vocabulary);
        }
        return definition;
    }

    /// <summary>Reads a tokenizer.json, plain or compressed with gzip.</summary>
    public static TokenizerDefinition Read(Stream stream, string source)
    {
        byte[] bytes = ReadAll(stream);
        if (bytes is [0x1F, 0x8B, ..])
        {
            using var unpacking = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            bytes = ReadAll(unpacking);
        }
        return Parse(source, () => TokenizerJson.Read(WithoutMark(bytes), source));
    }

    private static TokenizerDefinition ReadPair(string vocabularyFile, string mergesFile)
    {
        byte[] json = File.ReadAllBytes(vocabularyFile);
        Vocabulary vocabulary = Parse(vocabularyFile, () =>
        {
            var reader = new Utf8JsonReader(WithoutMark(json));
            reader.Read();
            return TokenizerJson.ReadVocabulary(ref reader, json.Length / 16, vocabularyFile);
        });
        var merges = new MergeReader(vocabulary, mergesFile, vocabulary.Count);
        ReadOnlySpan<byte> rest = WithoutMark(File.ReadAllBytes(mergesFile));
        // Only the first line can be the version: merges of '#' with something are real.
        if (rest.StartsWith("#version"u8))
            rest = rest[NextLine(rest)..];
        for (; !rest.IsEmpty; rest = rest[NextLine(rest)..])
        {
            ReadOnlySpan<byte> line = rest[..NextLine(rest)].TrimEnd("\r\n"u8);
            if (line.IsEmpty)
                continue;
            line.CopyTo(merges.Buffer(line.Length));
            merges.AddLine(line.Length);
        }
        return new TokenizerDefinition(vocabularyFile, vocabulary, merges.Merges);
    }

    private static void AddConfigured(TokenizerDefinition definition, string file)
    {
        if (!File.Exists(file))
            return;
        byte[] bytes = File.ReadAllBytes(file);
        Parse(file, () =>
        {
            JsonElement config = JsonElement.Parse(WithoutMark(bytes));
            foreach (string setting in (ReadOnlySpan<string>)["add_prefix_space", "add_bos_token", "add_eos_token"])
                if (config.TryGetProperty(setting, out JsonElement value) && value.ValueKind == JsonValueKind.True)
                    throw new WinnowException(
                        $"{file}: {setting} is true; only tokenizers that add nothing to the text are supported.");
            if (config.TryGetProperty("added_tokens_decoder", out JsonElement tokens))
                foreach (JsonProperty token in tokens.EnumerateObject())
                    definition.Add(AddedTokenJson.Read(token.Value, int.Parse(token.Name, CultureInfo.InvariantCulture), file), file);
            return true;
        });
    }

    private static T Parse<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new WinnowException($"{file} is not a valid tokenizer file: {error.Message} Fetch it again.", error);
        }
    }

    private static byte[] ReadAll(Stream stream)
    {
        if (stream.CanSeek)
        {
            byte[] exact = new byte[stream.Length - stream.Position];
            stream.ReadExactly(exact);
            return exact;
        }
        var growing = new MemoryStream();
        stream.CopyTo(growing);
        return growing.ToArray();
    }

    private static int NextLine(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf((byte)'\n');
        return end < 0 ? text.Length : end + 1;
    }

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> bytes) => bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;
}
