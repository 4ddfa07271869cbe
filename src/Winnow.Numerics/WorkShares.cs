namespace Winnow.Numerics;

/// <summary>
/// A row of pieces of work, shared out among threads so that each walks through neighbours for as long as it can: every share is taken from
/// its front, and who is done takes over the back half of the share that has the most left.
/// </summary>
internal sealed class WorkShares
{
    // A cache line each, in 64-bit words.
    private const int Step = 8;

    // First and end of what a share has left, in the upper and the lower half.
    private readonly long[] _left;

    /// <summary>Cuts pieces 0 to <paramref name="pieces"/> - 1 into shares of the same length.</summary>
    /// <param name="pieces">Number of pieces, zero or more.</param>
    /// <param name="shares">Number of shares, at least one.</param>
    public WorkShares(int pieces, int shares)
    {
        Count = shares;
        _left = new long[shares * Step];
        for (int share = 0; share < shares; share++)
        {
            _left[share * Step] = Pack((int)((long)pieces * share / shares), (int)((long)pieces * (share + 1) / shares));
        }
    }

    /// <summary>Number of shares.</summary>
    public int Count { get; }

    /// <summary>Takes the next pieces of a share, or where it has none left, some of another's.</summary>
    /// <param name="share">The share; one thread at a time.</param>
    /// <param name="part">Which part of what is left to take: 4 = a quarter; always one piece at least.</param>
    /// <param name="most">Never more pieces than this.</param>
    /// <param name="first">The first piece taken.</param>
    /// <param name="end">The piece behind the last one taken.</param>
    /// <returns>False when no share has anything left.</returns>
    public bool Take(int share, int part, int most, out int first, out int end)
    {
        ref long own = ref _left[share * Step];
        do
        {
            for (long left = Volatile.Read(ref own); ;)
            {
                (first, int behind) = Unpack(left);
                if (first == behind)
                {
                    break;
                }

                end = first + Math.Clamp((behind - first) / part, 1, most);
                long before = Interlocked.CompareExchange(ref own, Pack(end, behind), left);
                if (before == left)
                {
                    return true;
                }

                left = before;
            }
        }
        while (TakeOver(ref own));
        end = first;
        return false;
    }

    private bool TakeOver(ref long own)
    {
        while (true)
        {
            int richest = 0, most = 0;
            for (int share = 0; share < Count; share++)
            {
                (int first, int end) = Unpack(Volatile.Read(ref _left[share * Step]));
                if (end - first > most)
                {
                    (richest, most) = (share, end - first);
                }
            }

            if (most == 0)
            {
                return false;
            }

            ref long other = ref _left[richest * Step];
            long left = Volatile.Read(ref other);
            (int start, int behind) = Unpack(left);
            int middle = start + ((behind - start) / 2);
            if (start < behind && Interlocked.CompareExchange(ref other, Pack(start, middle), left) == left)
            {
                Volatile.Write(ref own, Pack(middle, behind));
                return true;
            }
        }
    }

    private static long Pack(int first, int end) => ((long)first << 32) | (uint)end;

    private static (int First, int End) Unpack(long left) => ((int)(left >> 32), (int)left);
}
