using System.Text;
using System.Text.Json.Nodes;
using Winnow.Models.Tokenize;
using Winnow.Tests;

namespace Winnow.Models.Tests.Tokenize;

/// <summary>Tokenizers for tests: the recorded ones, each loaded once, and changed copies of the small one's file.</summary>
internal static class Tokenizers
{
    private static readonly Lazy<BpeTokenizer> LazyTiny = new(() => Load("tokenizer"));
    private static readonly Lazy<BpeTokenizer> LazyQwen2 = new(() => Load("tokenizer-qwen2"));

    /// <summary>519 byte-level tokens and 5 added ones (519 to 523), of the tiny checkpoint.</summary>
    public static BpeTokenizer Tiny => LazyTiny.Value;

    /// <summary>The real vocabulary of Qwen2 with LLaVA-OneVision's added tokens.</summary>
    public static BpeTokenizer Qwen2 => LazyQwen2.Value;

    public static string Folder(string recording) => Repository.Path($"tests/goldens/models/{recording}");

    /// <summary>The small tokenizer's file, to be changed.</summary>
    public static JsonObject TinyJson() =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(Folder("tokenizer"), "tokenizer.json")))!.AsObject();

    public static BpeTokenizer Read(JsonNode json) => BpeTokenizer.Read(new MemoryStream(Encoding.UTF8.GetBytes(json.ToJsonString())));

    /// <summary>The small tokenizer with more added tokens, from the next free id on.</summary>
    public static BpeTokenizer TinyWith(params string[] contents)
    {
        JsonObject json = TinyJson();
        JsonArray added = json["added_tokens"]!.AsArray();
        foreach (string content in contents)
            added.Add(Added(519 + added.Count, content, special: !content.Contains("think")));
        return Read(json);
    }

    public static JsonObject Added(int id, string content, bool special = true, bool normalized = false) => new()
    {
        ["id"] = id,
        ["content"] = content,
        ["special"] = special,
        ["normalized"] = normalized,
    };

    private static BpeTokenizer Load(string recording) => BpeTokenizer.Load(Folder(recording));
}
