namespace Winnow.Reduction;

/// <summary>Attention probabilities that a method asked for, computed row by row when they are read.</summary>
public abstract class AttentionView
{
    /// <summary>Query heads.</summary>
    public abstract int Heads { get; }

    /// <summary>Rows that look: the last ones of the sequence.</summary>
    public abstract int Queries { get; }

    /// <summary>Rows looked at: the whole sequence at the point.</summary>
    public abstract int Keys { get; }

    /// <summary>Wraps probabilities that exist already, such as a recording's.</summary>
    /// <param name="values"><c>[heads, queries, keys]</c>.</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="queries">Rows that look.</param>
    /// <exception cref="ArgumentException">The number of values does not fit.</exception>
    public static AttentionView Of(ReadOnlyMemory<float> values, int heads, int queries)
    {
        if (heads < 1 || queries < 1 || values.Length % ((long)heads * queries) != 0)
            throw new ArgumentException($"{values.Length} values are no attention of {queries} rows in {heads} heads.", nameof(values));
        return new Stored(values, heads, queries);
    }

    /// <summary>The probabilities of one row, in all heads.</summary>
    /// <param name="query">Which of the rows that look, from 0.</param>
    /// <param name="destination"><c>[Heads, Keys]</c>.</param>
    public abstract void Read(int query, Span<float> destination);

    /// <summary>The probabilities of some rows, in all heads; faster than one by one.</summary>
    /// <param name="first">First of the rows that look, from 0.</param>
    /// <param name="count">How many.</param>
    /// <param name="destination"><c>[Heads, count, Keys]</c>.</param>
    public virtual void Read(int first, int count, Span<float> destination)
    {
        float[] row = new float[Heads * Keys];
        for (int query = 0; query < count; query++)
        {
            Read(first + query, row);
            for (int head = 0; head < Heads; head++)
                row.AsSpan(head * Keys, Keys).CopyTo(destination[((head * count + query) * Keys)..]);
        }
    }

    /// <summary>All rows, <c>[Heads, Queries, Keys]</c>: for few queries.</summary>
    public float[] ReadAll()
    {
        float[] all = new float[checked(Heads * Queries * Keys)];
        Read(0, Queries, all);
        return all;
    }

    private sealed class Stored(ReadOnlyMemory<float> values, int heads, int queries) : AttentionView
    {
        public override int Heads => heads;

        public override int Queries => queries;

        public override int Keys { get; } = values.Length / (heads * queries);

        public override void Read(int query, Span<float> destination)
        {
            for (int head = 0; head < heads; head++)
                values.Span.Slice((head * queries + query) * Keys, Keys).CopyTo(destination[(head * Keys)..]);
        }
    }
}
