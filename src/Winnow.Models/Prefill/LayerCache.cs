using System.Numerics.Tensors;
using Winnow.Numerics;

namespace Winnow.Models.Prefill;

/// <summary>Keys (after rotary embedding) and values of one layer, <c>[heads, capacity, headSize]</c>, in f32 or f16.</summary>
internal sealed class LayerCache : IDisposable
{
    private readonly int _heads;
    private readonly int _headSize;
    private readonly bool _half;
    private AlignedBuffer _keys = new(0);
    private AlignedBuffer _values = new(0);
    private int _capacity;

    public LayerCache(int heads, int headSize, bool half) => (_heads, _headSize, _half) = (heads, headSize, half);

    /// <summary>Filled slots of each head.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the filled slots.</summary>
    public long Bytes => 2L * _heads * Count * _headSize * (_half ? 2 : 4);

    /// <summary>What attention reads: every filled slot.</summary>
    public KeyValues View => _half
        ? KeyValues.Cache(_keys.AsSpan<Half>(), _values.AsSpan<Half>(), Count, _heads, _capacity, _headSize)
        : KeyValues.Cache(_keys.AsSpan<float>(), _values.AsSpan<float>(), Count, _heads, _capacity, _headSize);

    /// <summary>Makes room for as many slots in all; what is filled stays.</summary>
    public void Reserve(int capacity)
    {
        if (capacity <= _capacity)
            return;
        _keys = Grow(_keys, capacity);
        _values = Grow(_values, capacity);
        _capacity = capacity;
    }

    /// <summary>Fills the next slots.</summary>
    /// <param name="keys"><c>[rows, heads * headSize]</c>, after rotary embedding.</param>
    /// <param name="values">The same shape.</param>
    /// <param name="rows">Number of slots.</param>
    public void Append(ReadOnlySpan<float> keys, ReadOnlySpan<float> values, int rows)
    {
        if (Count + rows > _capacity)
            Reserve(Math.Max(Count + rows, _capacity + _capacity / 4));
        for (int head = 0; head < _heads; head++)
            for (int row = 0; row < rows; row++)
            {
                int source = (row * _heads + head) * _headSize, target = (head * _capacity + Count + row) * _headSize;
                Store(keys.Slice(source, _headSize), _keys, target);
                Store(values.Slice(source, _headSize), _values, target);
            }
        Count += rows;
    }

    /// <summary>How far this layer counts positions behind the sequence's own: below 0 where a method counted anew on the way.</summary>
    public int PositionShift { get; set; }

    /// <summary>Keeps the same slots in every head and frees the memory of the others.</summary>
    /// <param name="slots">Slots that stay, ascending.</param>
    public void Keep(int[] slots) => Keep([.. Enumerable.Repeat(slots, _heads)]);

    /// <summary>Keeps some slots of each head and frees the memory of the others.</summary>
    /// <param name="slots"><c>[heads]</c>: slots that stay, ascending, equally many in each head.</param>
    public void Keep(int[][] slots)
    {
        int count = slots[0].Length, slotBytes = _headSize * (_half ? 2 : 4);
        var keys = new AlignedBuffer((long)_heads * count * slotBytes);
        var values = new AlignedBuffer((long)_heads * count * slotBytes);
        for (int head = 0; head < _heads; head++)
            for (int slot = 0; slot < count; slot++)
            {
                int source = (head * _capacity + slots[head][slot]) * slotBytes, target = (head * count + slot) * slotBytes;
                _keys.AsSpan<byte>().Slice(source, slotBytes).CopyTo(keys.AsSpan<byte>()[target..]);
                _values.AsSpan<byte>().Slice(source, slotBytes).CopyTo(values.AsSpan<byte>()[target..]);
            }
        Dispose();
        (_keys, _values, _capacity, Count) = (keys, values, count, count);
    }

    /// <summary>What attention reads where some slots are not to be seen: the others, copied together.</summary>
    /// <param name="hidden">Slots that are not seen, ascending.</param>
    /// <param name="arena">Gives the memory of the copy.</param>
    public KeyValues Without(ReadOnlySpan<int> hidden, ActivationArena arena)
    {
        int count = Count - hidden.Length;
        if (!_half)
        {
            Span<float> keys = arena.Rent(_heads * count * _headSize), values = arena.Rent(keys.Length);
            Gather(_keys.AsSpan<float>(), hidden, keys);
            Gather(_values.AsSpan<float>(), hidden, values);
            return KeyValues.Cache(keys, values, count, _heads, count, _headSize);
        }
        Span<Half> halfKeys = arena.Rent<Half>(_heads * count * _headSize), halfValues = arena.Rent<Half>(halfKeys.Length);
        Gather(_keys.AsSpan<Half>(), hidden, halfKeys);
        Gather(_values.AsSpan<Half>(), hidden, halfValues);
        return KeyValues.Cache(halfKeys, halfValues, count, _heads, count, _headSize);
    }

    /// <summary>A copy of the keys as rows, <c>[Count, heads * headSize]</c>, f32.</summary>
    public float[] CopyKeys() => Copy(_keys);

    /// <summary>A copy of the values as rows, <c>[Count, heads * headSize]</c>, f32.</summary>
    public float[] CopyValues() => Copy(_values);

    /// <summary>Empties the last slots.</summary>
    public void DropLast(int rows) => Count -= rows;

    /// <summary>Empties all slots; their memory stays.</summary>
    public void Clear() => (Count, PositionShift) = (0, 0);

    public void Dispose()
    {
        _keys.Dispose();
        _values.Dispose();
    }

    private float[] Copy(AlignedBuffer slots)
    {
        float[] copy = new float[Count * _heads * _headSize];
        for (int head = 0; head < _heads; head++)
            for (int row = 0; row < Count; row++)
            {
                int source = (head * _capacity + row) * _headSize;
                Span<float> target = copy.AsSpan((row * _heads + head) * _headSize, _headSize);
                if (_half)
                    TensorPrimitives.ConvertToSingle(slots.AsSpan<Half>().Slice(source, _headSize), target);
                else
                    slots.AsSpan<float>().Slice(source, _headSize).CopyTo(target);
            }
        return copy;
    }

    private void Gather<T>(ReadOnlySpan<T> slots, ReadOnlySpan<int> hidden, Span<T> target)
    {
        for (int head = 0; head < _heads; head++)
        {
            ReadOnlySpan<T> rows = slots.Slice(head * _capacity * _headSize, Count * _headSize);
            int next = 0;
            for (int i = 0; i <= hidden.Length; i++)
            {
                int end = i < hidden.Length ? hidden[i] : Count;
                rows[(next * _headSize)..(end * _headSize)].CopyTo(target);
                target = target[((end - next) * _headSize)..];
                next = end + 1;
            }
        }
    }

    private void Store(ReadOnlySpan<float> source, AlignedBuffer buffer, int target)
    {
        if (_half)
            TensorPrimitives.ConvertToHalf(source, buffer.AsSpan<Half>().Slice(target, _headSize));
        else
            source.CopyTo(buffer.AsSpan<float>()[target..]);
    }

    private AlignedBuffer Grow(AlignedBuffer old, int capacity)
    {
        int slotBytes = _headSize * (_half ? 2 : 4);
        var grown = new AlignedBuffer((long)_heads * capacity * slotBytes);
        for (int head = 0; head < _heads && Count > 0; head++)
        {
            Span<byte> filled = old.AsSpan<byte>().Slice(head * _capacity * slotBytes, Count * slotBytes);
            filled.CopyTo(grown.AsSpan<byte>()[(head * capacity * slotBytes)..]);
        }
        old.Dispose();
        return grown;
    }
}
