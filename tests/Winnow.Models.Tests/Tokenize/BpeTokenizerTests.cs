using FsCheck;
using FsCheck.Fluent;
using Winnow.Models.Tokenize;

namespace Winnow.Models.Tests.Tokenize;

public sealed class BpeTokenizerTests
{
    [Fact]
    public void Encode_then_decode_is_the_identity_on_composed_text()
    {
        foreach (BpeTokenizer tokenizer in (ReadOnlySpan<BpeTokenizer>)[Tokenizers.Tiny, Tokenizers.Qwen2])
            Prop.ForAll(Texts.WellFormed, text => tokenizer.Decode(tokenizer.Encode(text)) == Texts.Composed(text))
                .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Encode_any_text_gives_no_added_token()
    {
        Prop.ForAll(Texts.Any, text => Tokenizers.Tiny.Encode(text).All(id => id < 519)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Encode_lone_surrogate_counts_as_the_replacement_character()
    {
        Assert.Equal(Tokenizers.Qwen2.Encode("a\uFFFDb"), Tokenizers.Qwen2.Encode("a\uD83Db"));
        Assert.Equal(Tokenizers.Qwen2.Encode("a\uFFFDb"), Tokenizers.Qwen2.EncodeWithAddedTokens("a\uDE00b"));
    }

    [Fact]
    public void Encode_again_from_the_cache_gives_the_same_ids()
    {
        BpeTokenizer fresh = Tokenizers.Read(Tokenizers.TinyJson());
        int[] first = fresh.Encode("What colour is the star?");

        Assert.Equal(first, fresh.Encode("What colour is the star?"));
    }

    [Fact]
    public void Encode_on_several_threads_gives_the_same_ids()
    {
        BpeTokenizer fresh = Tokenizers.Read(Tokenizers.TinyJson());
        // More distinct pieces than the cache holds, so that it starts over under load.
        string[] texts = [.. Enumerable.Range(0, 4).Select(seed => string.Join(' ', Words(seed)))];
        int[][] expected = [.. texts.Select(Tokenizers.Tiny.Encode)];

        Parallel.For(0, 8, i => Assert.Equal(expected[i % 4], fresh.Encode(texts[i % 4])));
    }

    [Fact]
    public void AddedTokens_longest_of_the_leftmost_wins()
    {
        BpeTokenizer tokenizer = Tokenizers.TinyWith("<a", "<a>b", "b<c");

        Assert.Equal([525], tokenizer.EncodeWithAddedTokens("<a>b"));
        Assert.Equal([525, .. tokenizer.Encode("<c")], tokenizer.EncodeWithAddedTokens("<a>b<c"));
        Assert.Equal([524, .. tokenizer.Encode("x")], tokenizer.EncodeWithAddedTokens("<ax"));
    }

    [Fact]
    public void AddedTokens_normalized_one_is_found_in_composed_text_only_after_the_raw_ones()
    {
        System.Text.Json.Nodes.JsonObject json = Tokenizers.TinyJson();
        json["added_tokens"]!.AsArray().Add(Tokenizers.Added(524, "caf\u00E9", special: false, normalized: true));
        BpeTokenizer tokenizer = Tokenizers.Read(json);

        Assert.Equal([524, 521], tokenizer.EncodeWithAddedTokens("cafe\u0301<|im_end|>"));
    }

    [Fact]
    public void Normalization_does_not_cross_an_added_token()
    {
        int[] ids = Tokenizers.Tiny.EncodeWithAddedTokens("e<video>\u0301");

        Assert.Equal([.. Tokenizers.Tiny.Encode("e"), 523, .. Tokenizers.Tiny.Encode("\u0301")], ids);
    }

    [Fact]
    public void Decode_skips_special_tokens_only()
    {
        BpeTokenizer tokenizer = Tokenizers.TinyWith("<think>");
        int[] ids = [520, 524, .. tokenizer.Encode("hi"), 521];

        Assert.Equal("<think>hi", tokenizer.Decode(ids));
        Assert.Equal("<|im_start|><think>hi<|im_end|>", tokenizer.Decode(ids, skipSpecial: false));
    }

    [Fact]
    public void Decode_character_continues_across_a_skipped_special_token()
    {
        int[] euro = Tokenizers.Tiny.Encode("€");
        Assert.Equal(3, euro.Length);

        Assert.Equal("€", Tokenizers.Tiny.Decode([euro[0], 521, euro[1], euro[2]]));
    }

    [Theory]
    [InlineData(524)]
    [InlineData(-1)]
    public void Decode_id_without_text_is_refused(int id)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Tokenizers.Tiny.Decode([id]));
    }

    /// <summary>Byte ids of the tiny vocabulary are those of Qwen2; the counts of U+FFFD are the reference's.</summary>
    [Theory]
    [InlineData("F0 9F", "\uFFFD")]
    [InlineData("ED A0 80", "\uFFFD\uFFFD\uFFFD")]
    [InlineData("FF C3", "\uFFFD\uFFFD")]
    [InlineData("F0 9F 98 F0 9F 98 80", "\uFFFD😀")]
    public void Decode_ill_formed_bytes_give_one_replacement_per_prefix(string bytes, string expected)
    {
        int[] ids = [.. bytes.Split(' ').Select(value => Convert.ToInt32(value, 16)).Select(value => value switch
        {
            >= 174 => value - 68,
            >= 161 => value - 67,
            _ => value + 94,
        })];

        Assert.Equal(expected, Tokenizers.Tiny.Decode(ids));
    }

    private static IEnumerable<string> Words(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < 6000; i++)
            yield return new string([.. Enumerable.Range(0, 5).Select(_ => (char)('a' + random.Next(26)))]);
    }
}
