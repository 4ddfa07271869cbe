using System.Text.Json;
using Winnow.Models.Tokenize;

namespace Winnow.Verification.Tokenize;

/// <summary>Recordings of tokenizers: <c>cases.json</c>, a list of text, ids and decoded text, beside the tokenizer's own file.</summary>
/// <remarks>Encodes with added tokens matched in the text, and decodes with special tokens shown, as the recordings were made.</remarks>
internal sealed class TokenizerCheck : IRecordingCheck
{
    /// <summary>Differences listed by text; a tokenizer that is wrong differs in most cases.</summary>
    private const int ListedDifferences = 3;

    /// <inheritdoc/>
    public string Kind => "tokenizer";

    /// <inheritdoc/>
    public bool Recognises(string file)
    {
        string folder = Path.GetDirectoryName(file)!;
        bool hasTokenizer = Has("tokenizer.json") || Has("tokenizer.json.gz") || (Has("vocab.json") && Has("merges.txt"));
        return Path.GetFileName(file) == "cases.json" && hasTokenizer;

        bool Has(string name) => File.Exists(Path.Combine(folder, name));
    }

    /// <inheritdoc/>
    public void Check(string file, Comparison comparison)
    {
        BpeTokenizer tokenizer = BpeTokenizer.Load(Path.GetDirectoryName(file)!);
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllBytes(file));
        int encoded = 0, decoded = 0, differences = 0;
        foreach (JsonElement item in cases.RootElement.EnumerateArray())
        {
            int index = encoded++;
            string text = item.GetProperty("text").GetString()!;
            int[] ids = [.. item.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            string? difference = EncodingDifference(tokenizer, text, ids);
            if (item.TryGetProperty("decoded", out JsonElement recorded))
            {
                decoded++;
                string actual = tokenizer.Decode(ids, skipSpecial: false);
                if (actual != recorded.GetString())
                    difference ??= $"decoded is {Quote(actual)}, recorded {Quote(recorded.GetString()!)}";
            }
            if (difference is not null && differences++ < ListedDifferences)
                comparison.Fail($"case {index}, {Quote(text)}: {difference}");
        }
        if (encoded > 0)
            comparison.Holding($"{encoded} texts encoded, {decoded} id lists decoded", differences == 0, $"{differences} differ");
    }

    private static string? EncodingDifference(BpeTokenizer tokenizer, string text, int[] recorded)
    {
        int[] ids = tokenizer.EncodeWithAddedTokens(text);
        int at = ids.AsSpan().CommonPrefixLength(recorded);
        if (at == ids.Length && at == recorded.Length)
            return null;
        return at == ids.Length || at == recorded.Length
            ? $"{ids.Length} ids, recorded {recorded.Length}"
            : $"ids[{at}] is {ids[at]}, recorded {recorded[at]}";
    }

    /// <summary>A text on one line, cut to a readable length.</summary>
    private static string Quote(string text) => JsonSerializer.Serialize(text.Length <= 40 ? text : text[..40] + "…");
}
