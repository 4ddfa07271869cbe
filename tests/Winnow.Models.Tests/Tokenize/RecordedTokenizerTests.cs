using System.Text;
using System.Text.Json;
using Winnow.Models.Generate;
using Winnow.Models.Tokenize;

namespace Winnow.Models.Tests.Tokenize;

/// <summary>Ids of the reference tokenizer: recorded cases, and the published vectors of the Qwen2 vocabulary.</summary>
public sealed class RecordedTokenizerTests
{
    public static TheoryData<string> Recordings => ["tokenizer", "tokenizer-qwen2"];

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Tokenizer_recorded_cases_are_equal_both_ways(string recording)
    {
        BpeTokenizer tokenizer = recording == "tokenizer" ? Tokenizers.Tiny : Tokenizers.Qwen2;
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Tokenizers.Folder(recording), "cases.json")));
        Assert.NotEqual(0, cases.RootElement.GetArrayLength());
        foreach (JsonElement item in cases.RootElement.EnumerateArray())
        {
            int[] ids = [.. item.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            Assert.Equal(ids, tokenizer.EncodeWithAddedTokens(item.GetProperty("text").GetString()!));
            Assert.Equal(item.GetProperty("decoded").GetString(), tokenizer.Decode(ids, skipSpecial: false));
            Assert.Equal(item.GetProperty("decoded").GetString(), Streamed(tokenizer, ids));
        }
    }

    [Theory]
    [InlineData("Hello world", "9707 1879")]
    [InlineData(" Hello world", "21927 1879")]
    [InlineData("Hello\nworld", "9707 198 14615")]
    [InlineData("Hello, world! 123", "9707 11 1879 0 220 16 17 18")]
    [InlineData("1+1=", "16 10 16 28")]
    [InlineData("2+2=?", "17 10 17 19884")]
    [InlineData("What is the capital of France?", "3838 374 279 6722 315 9625 30")]
    [InlineData("don't can't I'll we've", "15007 944 646 944 358 3278 582 3003")]
    [InlineData("  leading and   multiple spaces ", "220 6388 323 256 5248 12621 220")]
    [InlineData("123 4567 0.5e-3 -42", "16 17 18 220 19 20 21 22 220 15 13 20 68 12 18 481 19 17")]
    [InlineData("def foo(): return 42", "750 15229 4555 470 220 19 17")]
    [InlineData("()[]{}<>", "368 1294 6257 21122")]
    [InlineData("snake_case camelCase kebab-case dot.case", "72139 19096 49152 4207 1962 47722 38485 12756 68687")]
    [InlineData("你好世界", "108386 99489")]
    [InlineData("这是上下文。", "100346 102285 16744 1773")]
    [InlineData("🚀", "145836")]
    public void Qwen2_published_vectors_are_equal(string text, string ids)
    {
        Assert.Equal(ids, string.Join(' ', Tokenizers.Qwen2.Encode(text)));
    }

    [Fact]
    public void Qwen2_prompt_with_added_tokens_is_equal()
    {
        const string Prompt = "<|im_start|>user <image>\nWhat is the content of this image?<|im_end|><|im_start|>assistant\n";
        int[] expected = [151644, 872, 220, 151646, 198, 3838, 374, 279, 2213, 315, 419, 2168, 30, 151645, 151644, 77091, 198];

        Assert.Equal(expected, Tokenizers.Qwen2.EncodeWithAddedTokens(Prompt));
    }

    [Fact]
    public void Qwen2_single_bytes_have_the_published_ids()
    {
        for (int value = 0; value < 128; value++)
        {
            int expected = value is >= 33 and <= 126 ? value - 33 : value <= 32 ? 188 + value : 94 + value;
            Assert.Equal([expected], Tokenizers.Qwen2.Encode(((char)value).ToString()));
        }
    }

    [Fact]
    public void Qwen2_vocabulary_loads_in_half_a_second()
    {
        byte[] packed = File.ReadAllBytes(Path.Combine(Tokenizers.Folder("tokenizer-qwen2"), "tokenizer.json.gz"));
        // Loading uses one thread only, so its processor time is what it takes on a machine that does nothing else.
        TimeSpan start = ThreadClock.Now;

        BpeTokenizer tokenizer = BpeTokenizer.Read(new MemoryStream(packed));

        TimeSpan elapsed = ThreadClock.Now - start;
        Assert.True(elapsed < TimeSpan.FromSeconds(0.5), $"Loading took {elapsed.TotalMilliseconds:F0} ms.");
        Assert.Equal(151648, tokenizer.Size);
        Assert.Empty(tokenizer.Gaps);
    }

    private static string Streamed(BpeTokenizer tokenizer, int[] ids)
    {
        var stream = new TextStream(tokenizer, skipSpecial: false);
        var text = new StringBuilder();
        foreach (int id in ids)
            text.Append(stream.Push(id));
        return text.Append(stream.Flush()).ToString();
    }
}
