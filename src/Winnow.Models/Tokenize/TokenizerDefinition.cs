using System.Text;

namespace Winnow.Models.Tokenize;

/// <summary>What a tokenizer's files define, read and checked.</summary>
/// <param name="source">The file's name, for messages.</param>
/// <param name="vocabulary">Token strings and ids, without added tokens unless the file lists them there too.</param>
/// <param name="merges">Merges by rank.</param>
internal sealed class TokenizerDefinition(string source, Vocabulary vocabulary, MergeTable merges)
{
    private readonly Dictionary<int, AddedToken> _byId = [];
    private readonly Dictionary<string, AddedToken> _byContent = new(StringComparer.Ordinal);

    /// <summary>Token strings and ids.</summary>
    public Vocabulary Vocabulary => vocabulary;

    /// <summary>Merges by rank.</summary>
    public MergeTable Merges => merges;

    /// <summary>Added tokens by id.</summary>
    public IReadOnlyDictionary<int, AddedToken> AddedTokens => _byId;

    /// <summary>Whether text is brought to normal form C.</summary>
    public bool Normalizes { get; init; } = true;

    /// <summary>Whether a pre-token that is a token as it stands is taken without merging.</summary>
    public bool IgnoresMerges { get; init; }

    /// <summary>The added token of a string; null if there is none.</summary>
    public AddedToken? FindAdded(string content) => _byContent.GetValueOrDefault(content);

    /// <summary>Adds a token, or finds the same one already there.</summary>
    /// <exception cref="WinnowException">Its id or string is taken by another token.</exception>
    public void Add(AddedToken token, string origin)
    {
        AddedToken? other = _byId.GetValueOrDefault(token.Id) ?? _byContent.GetValueOrDefault(token.Content);
        if (other is not null && other != token)
            throw new WinnowException($"{origin}: added token {token} contradicts {other}; make the tokenizer's files agree.");
        byte[] content = Encoding.UTF8.GetBytes(token.Content);
        int known = vocabulary.Find(content);
        if ((known >= 0 && known != token.Id) || (vocabulary.Contains(token.Id) && known != token.Id))
            throw new WinnowException(
                $"{origin}: added token {token} contradicts the vocabulary of {source}; make the tokenizer's files agree.");
        _byId[token.Id] = token;
        _byContent[token.Content] = token;
    }

    /// <summary>Checks what encoding and the safety of prompts rest on.</summary>
    /// <returns>The id of each byte.</returns>
    /// <exception cref="WinnowException">A byte has no token, or ordinary text could merge into a special token.</exception>
    public int[] Validate()
    {
        int[] idOfByte = new int[256];
        for (int value = 0; value < idOfByte.Length; value++)
        {
            idOfByte[value] = vocabulary.Find(ByteAlphabet.Utf8Of((byte)value));
            if (idOfByte[value] < 0)
                throw new WinnowException(
                    $"{source}: no token for byte {value}; only byte-level vocabularies with all 256 bytes are supported.");
        }
        for (int rank = 0; rank < merges.Count; rank++)
            if (_byId.TryGetValue(merges[rank].Merged, out AddedToken? token) && token.Special)
                throw new WinnowException(
                    $"{source}: merge {rank} makes the special token {token.Content} from ordinary text; the file is corrupt.");
        return idOfByte;
    }
}
