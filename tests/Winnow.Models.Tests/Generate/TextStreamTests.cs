using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Winnow.Models.Generate;
using Winnow.Models.Tests.Tokenize;

namespace Winnow.Models.Tests.Generate;

public sealed class TextStreamTests
{
    /// <summary>Any ids, so mostly bytes that are no UTF-8; ids 519 to 523 are special.</summary>
    [Fact]
    public void Stream_of_any_ids_equals_decoding_all_at_once()
    {
        foreach (bool skipSpecial in (ReadOnlySpan<bool>)[true, false])
            Prop.ForAll(Gen.Choose(0, 523).ArrayOf().ToArbitrary(), ids =>
            {
                var stream = new TextStream(Tokenizers.Tiny, skipSpecial);
                string streamed = string.Concat(ids.Select(stream.Push)) + stream.Flush();
                return streamed == Tokenizers.Tiny.Decode(ids, skipSpecial);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Fact]
    public void Stream_never_emits_a_part_of_a_character()
    {
        Prop.ForAll(Texts.WellFormed, text =>
        {
            var stream = new TextStream(Tokenizers.Tiny);
            string[] parts = [.. Tokenizers.Tiny.Encode(text).Select(stream.Push)];
            return parts.All(part => part.EnumerateRunes().All(rune => rune != Rune.ReplacementChar))
                && stream.Flush() == "" && string.Concat(parts) == Texts.Composed(text);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Stream_unfinished_character_is_replaced_at_the_end_and_once_only()
    {
        var stream = new TextStream(Tokenizers.Tiny);
        int[] emoji = Tokenizers.Tiny.Encode("😀");

        Assert.Equal("", stream.Push(emoji[0]));
        Assert.Equal("\uFFFD", stream.Flush());
        Assert.Equal("", stream.Flush());
    }

    [Fact]
    public void Stream_visible_added_token_ends_an_unfinished_character()
    {
        var tokenizer = Tokenizers.TinyWith("<think>");
        var stream = new TextStream(tokenizer);

        Assert.Equal("", stream.Push(tokenizer.Encode("😀")[0]));
        Assert.Equal("\uFFFD<think>", stream.Push(524));
    }
}
