using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Winnow.Models.Tokenize;

namespace Winnow.Models.Tests.Tokenize;

/// <summary>What a loader accepts, joins and refuses.</summary>
public sealed class TokenizerFilesTests
{
    private const string Sample = "What's the colour\n of 12 stars? é 😀";

    public static TheoryData<string, string> Unsupported => new()
    {
        { "normalizer", """{"type":"NFKC"}""" },
        { "normalizer", """{"type":"Lowercase"}""" },
        { "pre_tokenizer", "null" },
        { "pre_tokenizer", """{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}""" },
        { "pre_tokenizer/pretokenizers/0/pattern/Regex", """
            "\\p{N}{1,3}"
            """ },
        { "pre_tokenizer/pretokenizers/0/behavior", "\"Removed\"" },
        { "pre_tokenizer/pretokenizers/0/invert", "true" },
        { "pre_tokenizer/pretokenizers/1/add_prefix_space", "true" },
        { "pre_tokenizer/pretokenizers/1/use_regex", "true" },
        { "post_processor", """{"type":"TemplateProcessing"}""" },
        { "decoder", """{"type":"WordPiece"}""" },
        { "version", "\"2.0\"" },
        { "model/type", "\"Unigram\"" },
        { "model/dropout", "0.1" },
        { "model/continuing_subword_prefix", "\"##\"" },
        { "model/end_of_word_suffix", "\"</w>\"" },
        { "model/byte_fallback", "true" },
        { "model/merges/3", "\"a b c\"" },
        { "model/merges/3", "\"Ġ ĠnotThere\"" },
        { "model/merges/3", "[\"a\"]" },
        { "model/merges/3", "7" },
        { "model/vocab/Ġ", "-4" },
        { "model/vocab/Ġ", "17" },
        { "model/vocab/Ġ", "2147483647" },
        { "model/vocab", "{}" },
        { "model", "{}" },
        { "added_tokens/0/lstrip", "true" },
        { "added_tokens/0/single_word", "true" },
        { "added_tokens/0/id", "520" },
        { "added_tokens/0/id", "5" },
        { "added_tokens/0/content", "\"Ġthe\"" },
        { "added_tokens/0/content", "\"\"" },
        { "added_tokens/0", "{}" },
    };

    [Theory]
    [MemberData(nameof(Unsupported))]
    public void TokenizerJson_unsupported_or_corrupt_setting_is_refused(string path, string value)
    {
        JsonObject json = Tokenizers.TinyJson();
        Set(json, path, JsonNode.Parse(value));

        WinnowException error = Assert.Throws<WinnowException>(() => Tokenizers.Read(json));

        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("not json")]
    [InlineData("{\"model\": {\"vocab\": {\"a\": ")]
    public void TokenizerJson_broken_text_is_refused(string text)
    {
        Assert.Throws<WinnowException>(() => BpeTokenizer.Read(new MemoryStream(Encoding.UTF8.GetBytes(text))));
    }

    [Fact]
    public void TokenizerJson_merge_into_a_special_token_is_refused()
    {
        JsonObject json = Tokenizers.TinyJson();
        json["added_tokens"]!.AsArray().Add(Tokenizers.Added(json["model"]!["vocab"]!["Ġthe"]!.GetValue<int>(), "Ġthe"));

        Assert.Contains("the", Assert.Throws<WinnowException>(() => Tokenizers.Read(json)).Message);
    }

    [Fact]
    public void TokenizerJson_merges_as_pairs_before_the_vocabulary_and_escaped_read_the_same()
    {
        JsonObject json = Tokenizers.TinyJson();
        JsonObject model = json["model"]!.AsObject();
        JsonArray pairs = [.. model["merges"]!.AsArray().Select(Pair)];
        model.Remove("merges");
        model.Insert(0, "merges", pairs);
        // ToJsonString escapes everything outside ASCII.
        Assert.Contains("\\u0120", json.ToJsonString());

        Assert.Equal(Tokenizers.Tiny.Encode(Sample), Tokenizers.Read(json).Encode(Sample));
    }

    [Fact]
    public void TokenizerJson_compressed_reads_the_same()
    {
        var packed = new MemoryStream();
        using (var packing = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true))
            packing.Write(Encoding.UTF8.GetBytes(Tokenizers.TinyJson().ToJsonString()));
        packed.Position = 0;

        Assert.Equal(Tokenizers.Tiny.Encode(Sample), BpeTokenizer.Read(packed).Encode(Sample));
    }

    [Fact]
    public void TokenizerJson_without_normalizer_leaves_text_as_it_is()
    {
        JsonObject json = Tokenizers.TinyJson();
        json["normalizer"] = null;
        BpeTokenizer tokenizer = Tokenizers.Read(json);

        Assert.Equal("e\u0301", tokenizer.Decode(tokenizer.Encode("e\u0301")));
    }

    [Fact]
    public void TokenizerJson_ignoring_merges_takes_a_whole_piece_that_is_a_token()
    {
        JsonObject json = Tokenizers.TinyJson();
        json["model"]!["vocab"]!["Ġzzz"] = 530;
        json["model"]!["ignore_merges"] = true;
        BpeTokenizer tokenizer = Tokenizers.Read(json);

        Assert.Equal([530], tokenizer.Encode(" zzz"));
        Assert.Equal([.. Enumerable.Range(524, 6)], tokenizer.Gaps);
        Assert.Equal(531, tokenizer.Size);
    }

    [Fact]
    public void VocabAndMerges_give_the_same_ids_as_the_tokenizer_file()
    {
        using var folder = new TemporaryFolder();
        JsonObject json = Tokenizers.TinyJson();
        IEnumerable<string> merges = json["model"]!["merges"]!.AsArray()
            .Select(merge => string.Join(' ', Pair(merge).AsArray().Select(side => side!.GetValue<string>())));
        folder.Write("vocab.json", json["model"]!["vocab"]!.ToJsonString());
        folder.Write("merges.txt", "#version: 0.2\n" + string.Join('\n', merges) + "\n");
        File.Copy(Winnow.Tests.Repository.Path("models/tiny/tokenizer_config.json"), Path.Combine(folder.Path, "tokenizer_config.json"));

        BpeTokenizer tokenizer = BpeTokenizer.Load(folder.Path);

        Assert.Equal(Tokenizers.Tiny.EncodeWithAddedTokens(Sample + "<|im_end|>"), tokenizer.EncodeWithAddedTokens(Sample + "<|im_end|>"));
    }

    [Fact]
    public void Merges_that_start_with_a_number_sign_are_real()
    {
        using var folder = new TemporaryFolder();
        JsonObject vocabulary = Tokenizers.TinyJson()["model"]!["vocab"]!.AsObject();
        vocabulary["##"] = 519;
        folder.Write("vocab.json", vocabulary.ToJsonString());
        folder.Write("merges.txt", "# #\n");

        Assert.Equal([519], BpeTokenizer.Load(folder.Path).Encode("##"));
    }

    [Fact]
    public void TokenizerConfig_more_added_tokens_are_joined_in()
    {
        using TemporaryFolder folder = WithConfig("""{"added_tokens_decoder":{"524":{"content":"<|vision_start|>","special":true}}}""");

        Assert.Equal(524, BpeTokenizer.Load(folder.Path).AddedTokenId("<|vision_start|>"));
    }

    [Theory]
    [InlineData("""{"added_tokens_decoder":{"521":{"content":"<|other|>","special":true}}}""")]
    [InlineData("""{"added_tokens_decoder":{"530":{"content":"<|im_end|>","special":true}}}""")]
    [InlineData("""{"added_tokens_decoder":{"521":{"content":"<|im_end|>","special":false,"normalized":false}}}""")]
    [InlineData("""{"add_bos_token":true}""")]
    [InlineData("""{"added_tokens_decoder":{"x":{"content":"<|other|>"}}}""")]
    [InlineData("{")]
    public void TokenizerConfig_contradiction_is_refused(string config)
    {
        using TemporaryFolder folder = WithConfig(config);

        Assert.Throws<WinnowException>(() => BpeTokenizer.Load(folder.Path));
    }

    [Fact]
    public void Folder_without_tokenizer_is_refused()
    {
        using var folder = new TemporaryFolder();

        Assert.Contains("tokenizer.json", Assert.Throws<WinnowException>(() => BpeTokenizer.Load(folder.Path)).Message);
    }

    private static TemporaryFolder WithConfig(string config)
    {
        var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", Tokenizers.TinyJson().ToJsonString());
        folder.Write("tokenizer_config.json", config);
        return folder;
    }

    private static JsonNode Pair(JsonNode? merge) =>
        merge!.GetValueKind() == JsonValueKind.Array
            ? merge.DeepClone()
            : new JsonArray([.. merge.GetValue<string>().Split(' ').Select(side => (JsonNode)side)]);

    private static void Set(JsonNode root, string path, JsonNode? value)
    {
        string[] parts = path.Split('/');
        JsonNode node = parts[..^1].Aggregate(root, (parent, part) => parent is JsonArray array ? array[int.Parse(part)]! : parent[part]!);
        if (node is JsonArray list)
            list[int.Parse(parts[^1])] = value;
        else
            node[parts[^1]] = value;
    }
}
