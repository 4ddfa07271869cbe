using System.Diagnostics.CodeAnalysis;

namespace Winnow.Models.Tokenize;

/// <summary>
/// Remembers the ids of short pre-tokens. Bounded: when full it starts over, so no input can make it grow. Safe for several threads.
/// </summary>
internal sealed class PieceCache
{
    private const int MaxEntries = 16384;
    private const int MaxPieceLength = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, int[]> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _byPiece;

    /// <summary>Creates an empty cache.</summary>
    public PieceCache() => _byPiece = _entries.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Finds the ids of a piece; the array must not be changed.</summary>
    public bool TryGet(ReadOnlySpan<char> piece, [NotNullWhen(true)] out int[]? ids)
    {
        ids = null;
        if (piece.Length > MaxPieceLength)
            return false;
        lock (_lock)
            return _byPiece.TryGetValue(piece, out ids);
    }

    /// <summary>Remembers a piece unless it is long.</summary>
    public void Add(ReadOnlySpan<char> piece, ReadOnlySpan<int> ids)
    {
        if (piece.Length > MaxPieceLength)
            return;
        lock (_lock)
        {
            if (_entries.Count == MaxEntries)
                _entries.Clear();
            _byPiece[piece] = ids.ToArray();
        }
    }
}
