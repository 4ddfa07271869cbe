using System.Text.Json;

namespace Winnow.Models.Tokenize;

/// <summary>Reads the fields of an added token, which tokenizer.json and tokenizer_config.json share.</summary>
internal static class AddedTokenJson
{
    /// <summary>Reads one token.</summary>
    /// <exception cref="WinnowException">It asks for matching that is not implemented.</exception>
    public static AddedToken Read(JsonElement token, int id, string source)
    {
        string content = token.GetProperty("content").GetString()!;
        if (content.Length == 0 || (uint)id >= Vocabulary.IdLimit)
            throw new WinnowException($"{source}: added token '{content}' with id {id} is empty or out of range; the file is corrupt.");
        foreach (string setting in (ReadOnlySpan<string>)["single_word", "lstrip", "rstrip"])
            if (Flag(token, setting, otherwise: false))
                throw new WinnowException($"{source}: added token {content} sets {setting}, which is not supported.");
        bool special = Flag(token, "special", otherwise: false);
        // The library's default for a missing flag: special tokens are matched raw, others normalised.
        return new AddedToken(id, content, special, Flag(token, "normalized", otherwise: !special));
    }

    private static bool Flag(JsonElement token, string name, bool otherwise) =>
        token.TryGetProperty(name, out JsonElement value) ? value.GetBoolean() : otherwise;
}
