using System.Runtime.InteropServices;

namespace Winnow.Numerics;

/// <summary>
/// A view of the keys and values that an attention reads: f32 or f16, laid out per head (a cache) or per token (a product's output).
/// </summary>
public readonly ref struct KeyValues
{
    private KeyValues(
        ReadOnlySpan<byte> keys,
        ReadOnlySpan<byte> values,
        bool isHalf,
        int count,
        int heads,
        int headSize,
        int headStride,
        int rowStride)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(headSize, 1);
        long needed = count == 0 ? 0 : ((heads - 1) * (long)headStride) + ((count - 1) * (long)rowStride) + headSize;
        int available = Math.Min(keys.Length, values.Length) / (isHalf ? 2 : 4);
        if (available < needed)
        {
            throw new ArgumentException(
                $"keys or values have {available} elements; {count} tokens of {heads} heads of {headSize} need {needed}.");
        }

        Keys = keys;
        Values = values;
        IsHalf = isHalf;
        Count = count;
        Heads = heads;
        HeadSize = headSize;
        HeadStride = headStride;
        RowStride = rowStride;
    }

    /// <summary>Number of keys, n.</summary>
    public int Count { get; }

    /// <summary>Number of key-value heads, Kv.</summary>
    public int Heads { get; }

    /// <summary>Elements per head.</summary>
    public int HeadSize { get; }

    internal ReadOnlySpan<byte> Keys { get; }

    internal ReadOnlySpan<byte> Values { get; }

    internal bool IsHalf { get; }

    internal int HeadStride { get; }

    internal int RowStride { get; }

    /// <summary>The first <paramref name="count"/> slots of a cache [heads, capacity, headSize].</summary>
    /// <param name="keys">Keys, after rotary embedding.</param>
    /// <param name="values">Values, in the same layout.</param>
    /// <param name="count">Filled slots, n, at most <paramref name="capacity"/>.</param>
    /// <param name="heads">Key-value heads, Kv.</param>
    /// <param name="capacity">Slots per head.</param>
    /// <param name="headSize">Elements per head.</param>
    public static KeyValues Cache(ReadOnlySpan<float> keys, ReadOnlySpan<float> values, int count, int heads, int capacity, int headSize) =>
        Cache(MemoryMarshal.AsBytes(keys), MemoryMarshal.AsBytes(values), false, count, heads, capacity, headSize);

    /// <summary>As the f32 form, for a cache in f16; the kernels compute in f32.</summary>
    /// <param name="keys">Keys, after rotary embedding.</param>
    /// <param name="values">Values, in the same layout.</param>
    /// <param name="count">Filled slots, n, at most <paramref name="capacity"/>.</param>
    /// <param name="heads">Key-value heads, Kv.</param>
    /// <param name="capacity">Slots per head.</param>
    /// <param name="headSize">Elements per head.</param>
    public static KeyValues Cache(ReadOnlySpan<Half> keys, ReadOnlySpan<Half> values, int count, int heads, int capacity, int headSize) =>
        Cache(MemoryMarshal.AsBytes(keys), MemoryMarshal.AsBytes(values), true, count, heads, capacity, headSize);

    /// <summary>Token-major keys and values [count, heads * headSize], as a product leaves them.</summary>
    /// <param name="keys">Keys.</param>
    /// <param name="values">Values.</param>
    /// <param name="count">Tokens, n.</param>
    /// <param name="heads">Key-value heads, Kv.</param>
    /// <param name="headSize">Elements per head.</param>
    /// <param name="rowStride">Elements from one token to the next; 0 = heads * headSize. Larger when q, k and v come from one fused
    /// product.</param>
    public static KeyValues Tokens(
        ReadOnlySpan<float> keys, ReadOnlySpan<float> values, int count, int heads, int headSize, int rowStride = 0)
    {
        int stride = rowStride == 0 ? heads * headSize : rowStride;
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, heads * headSize, nameof(rowStride));
        return new(MemoryMarshal.AsBytes(keys), MemoryMarshal.AsBytes(values), false, count, heads, headSize, headSize, stride);
    }

    private static KeyValues Cache(
        ReadOnlySpan<byte> keys, ReadOnlySpan<byte> values, bool isHalf, int count, int heads, int capacity, int headSize)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, capacity);
        return new(keys, values, isHalf, count, heads, headSize, checked(capacity * headSize), headSize);
    }
}
