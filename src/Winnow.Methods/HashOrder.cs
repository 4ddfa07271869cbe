namespace Winnow.Methods;

/// <summary>
/// The order in which CPython walks over a set of small whole numbers: that of its hash table, on which DART's official choice hangs.
/// </summary>
internal static class HashOrder
{
    private const int SmallestTable = 8;
    private const int NeighboursTried = 9;
    private const int HashShift = 5;
    private const int Empty = -1;

    /// <summary>The keys in the order of the table.</summary>
    /// <param name="keys">Different numbers, 0 or more, in the order of their insertion.</param>
    public static int[] Of(ReadOnlySpan<int> keys)
    {
        int[] table = NewTable(SmallestTable);
        int used = 0;
        foreach (int key in keys)
        {
            Insert(table, key);
            used++;
            if (5 * used >= 3 * (table.Length - 1))
                table = Grow(table, 4 * used);
        }
        return Array.FindAll(table, key => key != Empty);
    }

    private static int[] NewTable(int size)
    {
        int[] table = new int[size];
        Array.Fill(table, Empty);
        return table;
    }

    private static int[] Grow(int[] old, int atLeast)
    {
        int size = SmallestTable;
        while (size <= atLeast)
            size *= 2;
        int[] table = NewTable(size);
        foreach (int key in old)
            if (key != Empty)
                Insert(table, key);
        return table;
    }

    private static void Insert(int[] table, int key)
    {
        int mask = table.Length - 1, slot = key & mask;
        for (uint perturb = (uint)key; ; slot = (int)((5 * (uint)slot + 1 + perturb) & (uint)mask))
        {
            int last = slot + NeighboursTried <= mask ? slot + NeighboursTried : slot;
            for (int tried = slot; tried <= last; tried++)
                if (table[tried] == Empty)
                {
                    table[tried] = key;
                    return;
                }
            perturb >>= HashShift;
        }
    }
}
