using System.Buffers;
using System.Text;

namespace Winnow.Models.Tokenize;

/// <summary>
/// Byte-level byte-pair encoding of the Qwen2 family: text to token ids and back. Immutable but for a bounded cache; safe to share.
/// </summary>
/// <remarks>
/// Text is brought to Unicode normal form C, cut into pre-tokens, written as UTF-8 bytes and merged by rank. Nothing is added at the
/// start or the end. Source: the Qwen2 files of Hugging Face tokenizers, whose ids it reproduces.
/// </remarks>
public sealed class BpeTokenizer
{
    private const int StackBytes = 512;

    private readonly TokenizerDefinition _definition;
    private readonly int[] _idOfByte;
    private readonly AddedTokenMatcher _rawMatcher;
    private readonly AddedTokenMatcher _normalizedMatcher;
    private readonly PieceCache _cache = new();

    private BpeTokenizer(TokenizerDefinition definition)
    {
        // Under invariant globalization .NET leaves text as it is, without an error.
        if (definition.Normalizes && "e\u0301".Normalize(NormalizationForm.FormC) != "\u00E9")
        {
            throw new WinnowException(
                "Unicode normalisation is off: install ICU (Debian: libicu) and leave DOTNET_SYSTEM_GLOBALIZATION_INVARIANT unset.");
        }
        _definition = definition;
        _idOfByte = definition.Validate();
        Size = Math.Max(definition.Vocabulary.Size, definition.AddedTokens.Keys.DefaultIfEmpty(-1).Max() + 1);
        Gaps = [.. Enumerable.Range(0, Size).Where(id => !Contains(id))];
        _rawMatcher = new AddedTokenMatcher(definition.AddedTokens.Values.Where(token => !token.Normalized));
        _normalizedMatcher = new AddedTokenMatcher(definition.AddedTokens.Values.Where(token => token.Normalized)
            .Select(token => token with { Content = Normalize(token.Content) }));
    }

    /// <summary>
    /// Highest token id plus one. A model's table of logits may have more rows; those have no text and must not be sampled.
    /// </summary>
    public int Size { get; }

    /// <summary>Ids below <see cref="Size"/> that have no text, ascending; empty for all published checkpoints.</summary>
    public IReadOnlyList<int> Gaps { get; }

    /// <summary>Loads the tokenizer of a checkpoint folder.</summary>
    /// <param name="folder">
    /// Holds tokenizer.json (or tokenizer.json.gz), or vocab.json and merges.txt. Added tokens of tokenizer_config.json are joined in.
    /// </param>
    /// <exception cref="WinnowException">
    /// A file is missing, corrupt, contradicts another, or asks for what is not supported; or the system has no ICU.
    /// </exception>
    public static BpeTokenizer Load(string folder) => new(TokenizerFolder.Read(folder));

    /// <summary>Reads a tokenizer.json.</summary>
    /// <param name="tokenizerJson">The file, plain or compressed with gzip; read to its end and left open.</param>
    /// <exception cref="WinnowException">The file is corrupt or asks for what is not supported; or the system has no ICU.</exception>
    public static BpeTokenizer Read(Stream tokenizerJson) => new(TokenizerFolder.Read(tokenizerJson, "tokenizer.json"));

    /// <summary>The id of an added token, such as <c>&lt;|im_end|&gt;</c>; null if this tokenizer has none of that name.</summary>
    public int? AddedTokenId(string content) => _definition.FindAdded(content)?.Id;

    /// <summary>
    /// Encodes text as data: the names of added tokens in it are ordinary characters. This is the way for anything a user typed.
    /// </summary>
    /// <param name="text">Any text; lone surrogates count as U+FFFD.</param>
    /// <returns>Ids, none of them special; empty for empty text.</returns>
    public int[] Encode(string text)
    {
        var ids = new List<int>();
        EncodeNormalized(Normalize(WellFormed(text)), ids);
        return [.. ids];
    }

    /// <summary>Encodes as the reference does: the names of added tokens in the text become their ids.</summary>
    /// <remarks>
    /// For comparisons with the reference. On text from a user this would let the user write control tokens; see <see cref="Encode"/>.
    /// </remarks>
    /// <param name="text">Any text; lone surrogates count as U+FFFD.</param>
    public int[] EncodeWithAddedTokens(string text)
    {
        var ids = new List<int>();
        for (ReadOnlySpan<char> rest = WellFormed(text); !rest.IsEmpty;)
        {
            AddedToken? token = _rawMatcher.Find(rest, out int index);
            EncodeMatchingNormalized(Normalize(new string(token is null ? rest : rest[..index])), ids);
            if (token is null)
                break;
            ids.Add(token.Id);
            rest = rest[(index + token.Content.Length)..];
        }
        return [.. ids];
    }

    /// <summary>Decodes ids to text. Bytes that are no UTF-8 become U+FFFD.</summary>
    /// <param name="ids">Token ids; each must have text.</param>
    /// <param name="skipSpecial">
    /// Whether special tokens are left out. Added tokens that are not special, such as a tool call's, stay.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">An id has no text.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true)
    {
        var bytes = new ArrayBufferWriter<byte>();
        foreach (int id in ids)
            AppendBytes(id, skipSpecial, bytes);
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>Appends the bytes that an id stands for: none for a skipped special token, possibly a part of a character.</summary>
    internal void AppendBytes(int id, bool skipSpecial, ArrayBufferWriter<byte> output)
    {
        if (_definition.AddedTokens.TryGetValue(id, out AddedToken? token))
        {
            if (!token.Special || !skipSpecial)
                ByteAlphabet.AppendMeaning(Encoding.UTF8.GetBytes(token.Content), output);
            return;
        }
        if (!_definition.Vocabulary.Contains(id))
            throw new ArgumentOutOfRangeException(
                nameof(id), id, $"The id has no text; ids run from 0 to {Size - 1}. Mask other rows when sampling.");
        ByteAlphabet.AppendMeaning(_definition.Vocabulary[id], output);
    }

    private bool Contains(int id) => _definition.Vocabulary.Contains(id) || _definition.AddedTokens.ContainsKey(id);

    private string Normalize(string text) => _definition.Normalizes ? text.Normalize(NormalizationForm.FormC) : text;

    /// <summary>Replaces lone surrogates, which have no UTF-8 and which normalisation refuses.</summary>
    private static string WellFormed(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
            return text;
        var builder = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
            builder.Append(rune);
        return builder.ToString();
    }

    private void EncodeMatchingNormalized(string text, List<int> ids)
    {
        for (ReadOnlySpan<char> rest = text; !rest.IsEmpty;)
        {
            AddedToken? token = _normalizedMatcher.Find(rest, out int index);
            EncodeNormalized(token is null ? rest : rest[..index], ids);
            if (token is null)
                break;
            ids.Add(token.Id);
            rest = rest[(index + token.Content.Length)..];
        }
    }

    private void EncodeNormalized(ReadOnlySpan<char> text, List<int> ids)
    {
        var scanner = new PreTokenScanner(text);
        while (scanner.MoveNext())
        {
            if (_cache.TryGet(scanner.Current, out int[]? known))
                ids.AddRange(known);
            else
                EncodePiece(scanner.Current, ids);
        }
    }

    private void EncodePiece(ReadOnlySpan<char> piece, List<int> ids)
    {
        int room = Encoding.UTF8.GetMaxByteCount(piece.Length);
        byte[]? rentedBytes = null;
        Span<byte> bytes = room <= StackBytes ? stackalloc byte[StackBytes] : (rentedBytes = ArrayPool<byte>.Shared.Rent(room));
        bytes = bytes[..Encoding.UTF8.GetBytes(piece, bytes)];
        int[] symbols = ArrayPool<int>.Shared.Rent(bytes.Length);
        int count = Symbols(bytes, symbols);
        ids.AddRange(symbols.AsSpan(0, count));
        _cache.Add(piece, symbols.AsSpan(0, count));
        ArrayPool<int>.Shared.Return(symbols);
        if (rentedBytes is not null)
            ArrayPool<byte>.Shared.Return(rentedBytes);
    }

    private int Symbols(ReadOnlySpan<byte> bytes, Span<int> symbols)
    {
        if (_definition.IgnoresMerges && _definition.Vocabulary.Find(ByteAlphabet.Spell(bytes)) is int whole and >= 0
            && !_definition.AddedTokens.ContainsKey(whole))
        {
            symbols[0] = whole;
            return 1;
        }
        for (int i = 0; i < bytes.Length; i++)
            symbols[i] = _idOfByte[bytes[i]];
        return PairMerger.Merge(symbols[..bytes.Length], _definition.Merges);
    }
}
