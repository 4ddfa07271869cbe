using System.Buffers.Binary;
using System.Numerics;

namespace Winnow.Models.Tokenize;

/// <summary>Token strings (UTF-8, in the byte alphabet) and their ids, both ways.</summary>
/// <remarks>
/// All strings lie in one buffer behind an open-addressing table: a general dictionary of 150,000 strings costs several times the load
/// time.
/// </remarks>
internal sealed class Vocabulary
{
    /// <summary>Ids at or above this are taken for a corrupt file; the largest vocabularies met are below a million.</summary>
    public const int IdLimit = 1 << 24;

    private byte[] _text;
    private int _textLength;
    private Range32[] _byId;
    private int[] _slots;

    /// <summary>Creates an empty vocabulary with room for about <paramref name="expected"/> tokens.</summary>
    public Vocabulary(int expected)
    {
        expected = Math.Max(expected, 16);
        _text = new byte[expected * 8];
        _byId = new Range32[expected];
        _slots = new int[BitOperations.RoundUpToPowerOf2((uint)expected * 2)];
    }

    /// <summary>Number of tokens.</summary>
    public int Count { get; private set; }

    /// <summary>Highest id plus one.</summary>
    public int Size { get; private set; }

    /// <summary>Whether an id has a string.</summary>
    public bool Contains(int id) => (uint)id < (uint)Size && _byId[id].Length > 0;

    /// <summary>The string of an id that is contained.</summary>
    public ReadOnlySpan<byte> this[int id] => _text.AsSpan(_byId[id].Start, _byId[id].Length);

    /// <summary>The id of a string, or -1.</summary>
    public int Find(ReadOnlySpan<byte> token)
    {
        int slot = _slots[SlotOf(token)];
        return slot - 1;
    }

    /// <summary>Adds a token. False if its string is empty or taken, or its id is out of range or taken: the file is corrupt.</summary>
    public bool TryAdd(ReadOnlySpan<byte> token, int id)
    {
        if (token.IsEmpty || (uint)id >= IdLimit || Contains(id))
            return false;
        int slot = SlotOf(token);
        if (_slots[slot] != 0)
            return false;
        if (id >= _byId.Length)
            Array.Resize(ref _byId, Math.Max(id + 1, _byId.Length * 2));
        if (_textLength + token.Length > _text.Length)
            Array.Resize(ref _text, Math.Max(_textLength + token.Length, _text.Length * 2));
        token.CopyTo(_text.AsSpan(_textLength));
        _byId[id] = new Range32(_textLength, token.Length);
        _textLength += token.Length;
        _slots[slot] = id + 1;
        Count++;
        Size = Math.Max(Size, id + 1);
        if (Count * 2 > _slots.Length)
            Grow();
        return true;
    }

    private void Grow()
    {
        _slots = new int[_slots.Length * 2];
        for (int id = 0; id < Size; id++)
            if (Contains(id))
                _slots[SlotOf(this[id])] = id + 1;
    }

    /// <summary>The slot that holds the string, or the empty one where it belongs.</summary>
    private int SlotOf(ReadOnlySpan<byte> token)
    {
        int mask = _slots.Length - 1;
        for (int slot = (int)(Hash(token) >> 32) & mask; ; slot = (slot + 1) & mask)
        {
            int entry = _slots[slot];
            if (entry == 0 || token.SequenceEqual(this[entry - 1]))
                return slot;
        }
    }

    private static ulong Hash(ReadOnlySpan<byte> token)
    {
        const ulong Multiplier = 0x9E3779B97F4A7C15;
        ulong hash = (ulong)token.Length;
        for (; token.Length >= sizeof(ulong); token = token[sizeof(ulong)..])
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(token));
        ulong tail = 0;
        foreach (byte value in token)
            tail = (tail << 8) | value;
        return Mix(hash ^ tail);

        static ulong Mix(ulong value)
        {
            value *= Multiplier;
            return (value ^ (value >> 29)) * Multiplier;
        }
    }

    private readonly record struct Range32(int Start, int Length);
}
