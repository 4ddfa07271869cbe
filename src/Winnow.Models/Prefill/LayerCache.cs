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

    /// <summary>Bytes held.</summary>
    public long Bytes => _keys.Bytes + _values.Bytes;

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

    /// <summary>Keeps some slots and frees the memory of the others.</summary>
    /// <param name="rows">Slots that stay, ascending.</param>
    public void Keep(ReadOnlySpan<int> rows)
    {
        int slotBytes = _headSize * (_half ? 2 : 4);
        var keys = new AlignedBuffer((long)_heads * rows.Length * slotBytes);
        var values = new AlignedBuffer((long)_heads * rows.Length * slotBytes);
        for (int head = 0; head < _heads; head++)
            for (int row = 0; row < rows.Length; row++)
            {
                int source = (head * _capacity + rows[row]) * slotBytes, target = (head * rows.Length + row) * slotBytes;
                _keys.AsSpan<byte>().Slice(source, slotBytes).CopyTo(keys.AsSpan<byte>()[target..]);
                _values.AsSpan<byte>().Slice(source, slotBytes).CopyTo(values.AsSpan<byte>()[target..]);
            }
        Dispose();
        (_keys, _values, _capacity, Count) = (keys, values, rows.Length, rows.Length);
    }

    /// <summary>A copy of the keys as rows, <c>[Count, heads * headSize]</c>, f32.</summary>
    public float[] CopyKeys()
    {
        float[] copy = new float[Count * _heads * _headSize];
        for (int head = 0; head < _heads; head++)
            for (int row = 0; row < Count; row++)
            {
                int source = (head * _capacity + row) * _headSize;
                Span<float> target = copy.AsSpan((row * _heads + head) * _headSize, _headSize);
                if (_half)
                    TensorPrimitives.ConvertToSingle(_keys.AsSpan<Half>().Slice(source, _headSize), target);
                else
                    _keys.AsSpan<float>().Slice(source, _headSize).CopyTo(target);
            }
        return copy;
    }

    /// <summary>Empties the last slots.</summary>
    public void DropLast(int rows) => Count -= rows;

    public void Dispose()
    {
        _keys.Dispose();
        _values.Dispose();
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
