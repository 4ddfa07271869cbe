using System.Numerics;

namespace Winnow.Models.Tokenize;

/// <summary>The merges of a byte-pair encoding: which adjacent pair of ids joins to which id, in order of rank.</summary>
internal sealed class MergeTable
{
    private Merge[] _merges;
    private int[] _slots;

    /// <summary>Creates an empty table with room for about <paramref name="expected"/> merges.</summary>
    public MergeTable(int expected)
    {
        expected = Math.Max(expected, 16);
        _merges = new Merge[expected];
        _slots = new int[BitOperations.RoundUpToPowerOf2((uint)expected * 2)];
    }

    /// <summary>Number of merges; ranks run from 0 to one less.</summary>
    public int Count { get; private set; }

    /// <summary>The merge of a rank.</summary>
    public ref readonly Merge this[int rank] => ref _merges[rank];

    /// <summary>The rank of a pair, or -1 if it does not merge.</summary>
    public int Find(int left, int right) => _slots[SlotOf(left, right)] - 1;

    /// <summary>Adds a merge with the next rank. A pair listed twice keeps its later rank, as in the reference.</summary>
    public void Add(int left, int right, int merged)
    {
        if (Count == _merges.Length)
            Array.Resize(ref _merges, Count * 2);
        _merges[Count] = new Merge(left, right, merged);
        _slots[SlotOf(left, right)] = ++Count;
        if (Count * 2 > _slots.Length)
            Grow();
    }

    private void Grow()
    {
        _slots = new int[_slots.Length * 2];
        for (int rank = 0; rank < Count; rank++)
            _slots[SlotOf(_merges[rank].Left, _merges[rank].Right)] = rank + 1;
    }

    private int SlotOf(int left, int right)
    {
        int mask = _slots.Length - 1;
        ulong hash = (((ulong)(uint)left << 32) | (uint)right) * 0x9E3779B97F4A7C15;
        hash = (hash ^ (hash >> 29)) * 0x9E3779B97F4A7C15;
        for (int slot = (int)(hash >> 32) & mask; ; slot = (slot + 1) & mask)
        {
            int entry = _slots[slot];
            if (entry == 0 || (_merges[entry - 1].Left == left && _merges[entry - 1].Right == right))
                return slot;
        }
    }

    /// <summary>One merge: <paramref name="Left"/> followed by <paramref name="Right"/> becomes <paramref name="Merged"/>.</summary>
    internal readonly record struct Merge(int Left, int Right, int Merged);
}
