using System.Buffers.Binary;

namespace Winnow.Evaluation.Parquet;

/// <summary>
/// Reads Thrift's compact protocol, in which Parquet keeps its headers (apache/thrift, doc/specs/thrift-compact-protocol.md).
/// </summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    private const int True = 1, False = 2, Byte = 3, Integer16 = 4, Integer32 = 5, Integer64 = 6,
        Double = 7, Binary = 8, List = 9, Set = 10, Map = 11, Struct = 12;

    // Deeper than any header of Parquet; a damaged file must not exhaust the stack.
    private const int MostLevels = 32;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _levels;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    /// <summary>Reads a struct.</summary>
    /// <exception cref="InvalidDataException">The bytes are no such struct.</exception>
    public ThriftStruct ReadStruct()
    {
        if (++_levels > MostLevels)
            throw new InvalidDataException("its header is nested too deeply");
        var result = new ThriftStruct();
        for (int field = 0; ;)
        {
            byte head = ReadByte();
            if (head == 0)
                break;
            int step = head >> 4, type = head & 15;
            field = step == 0 ? (int)ReadZigzag() : field + step;
            result.Set(field, type is True or False ? type == True : ReadValue(type));
        }
        _levels--;
        return result;
    }

    private object ReadValue(int type) => type switch
    {
        True or False => ReadByte() == True,
        Byte => (long)(sbyte)ReadByte(),
        Integer16 or Integer32 or Integer64 => ReadZigzag(),
        Double => BinaryPrimitives.ReadDoubleLittleEndian(Take(8)),
        Binary => Take(ReadLength()).ToArray(),
        List or Set => ReadList(),
        Map => ReadMap(),
        Struct => ReadStruct(),
        _ => throw new InvalidDataException($"its header holds the unknown type {type}"),
    };

    private List<object> ReadList()
    {
        byte head = ReadByte();
        int count = head >> 4 == 15 ? ReadLength() : head >> 4;
        var items = new List<object>(Math.Min(count, _bytes.Length));
        for (int i = 0; i < count; i++)
            items.Add(ReadValue(head & 15));
        return items;
    }

    /// <summary>Parquet's headers hold no map that is needed here; it is read over.</summary>
    private object ReadMap()
    {
        int count = ReadLength();
        byte types = count == 0 ? (byte)0 : ReadByte();
        for (int i = 0; i < count; i++)
            (_, _) = (ReadValue(types >> 4), ReadValue(types & 15));
        return count;
    }

    private int ReadLength() => checked((int)ReadVariable());

    private long ReadZigzag()
    {
        ulong value = ReadVariable();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private ulong ReadVariable()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = ReadByte();
            value |= (ulong)(next & 127) << shift;
            if (next < 128)
                return value;
        }
        throw new InvalidDataException("its header holds a number of more than 64 bits");
    }

    private byte ReadByte() => Take(1)[0];

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _bytes.Length - Position)
            throw new InvalidDataException("its header ends too early");
        ReadOnlySpan<byte> taken = _bytes.Slice(Position, count);
        Position += count;
        return taken;
    }
}
