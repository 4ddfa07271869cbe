using System.Buffers;

namespace Winnow.Models.Tokenize;

/// <summary>Joins the symbols of one pre-token: always the pair of lowest rank, the leftmost on ties, until none is left.</summary>
/// <remarks>
/// Candidates wait in a heap by (rank, position) and are checked when they come up, so a pre-token of n bytes takes O(n log n): a
/// megabyte of one letter is a legal pre-token.
/// </remarks>
internal static class PairMerger
{
    private const int Gone = -1;

    /// <summary>Merges in place.</summary>
    /// <param name="symbols">Ids of single bytes on entry; the first <c>result</c> of them are the merged ids on return.</param>
    /// <param name="merges">The merge table.</param>
    /// <returns>How many ids are left.</returns>
    public static int Merge(Span<int> symbols, MergeTable merges)
    {
        PriorityQueue<int, ulong>? queue = Candidates(symbols, merges);
        if (queue is null)
            return symbols.Length;
        int[] next = ArrayPool<int>.Shared.Rent(symbols.Length);
        int[] previous = ArrayPool<int>.Shared.Rent(symbols.Length);
        for (int i = 0; i < symbols.Length; i++)
        {
            next[i] = i + 1;
            previous[i] = i - 1;
        }
        while (queue.TryDequeue(out int left, out ulong key))
        {
            int right = next[left];
            ref readonly MergeTable.Merge merge = ref merges[RankOf(key)];
            // Stale if either side has meanwhile been joined to something else.
            if (right >= symbols.Length || symbols[left] != merge.Left || symbols[right] != merge.Right)
                continue;
            symbols[left] = merge.Merged;
            symbols[right] = Gone;
            next[left] = next[right];
            if (next[left] < symbols.Length)
            {
                previous[next[left]] = left;
                Offer(queue, merges, left, merge.Merged, symbols[next[left]]);
            }
            if (previous[left] >= 0)
                Offer(queue, merges, previous[left], symbols[previous[left]], merge.Merged);
        }
        ArrayPool<int>.Shared.Return(next);
        ArrayPool<int>.Shared.Return(previous);
        return Compact(symbols);
    }

    private static PriorityQueue<int, ulong>? Candidates(ReadOnlySpan<int> symbols, MergeTable merges)
    {
        PriorityQueue<int, ulong>? queue = null;
        for (int i = 0; i + 1 < symbols.Length; i++)
        {
            int rank = merges.Find(symbols[i], symbols[i + 1]);
            if (rank < 0)
                continue;
            queue ??= new PriorityQueue<int, ulong>(symbols.Length);
            queue.Enqueue(i, KeyOf(rank, i));
        }
        return queue;
    }

    private static void Offer(PriorityQueue<int, ulong> queue, MergeTable merges, int position, int left, int right)
    {
        int rank = merges.Find(left, right);
        if (rank >= 0)
            queue.Enqueue(position, KeyOf(rank, position));
    }

    private static ulong KeyOf(int rank, int position) => ((ulong)(uint)rank << 32) | (uint)position;

    private static int RankOf(ulong key) => (int)(key >> 32);

    private static int Compact(Span<int> symbols)
    {
        int count = 0;
        foreach (int symbol in symbols)
            if (symbol != Gone)
                symbols[count++] = symbol;
        return count;
    }
}
