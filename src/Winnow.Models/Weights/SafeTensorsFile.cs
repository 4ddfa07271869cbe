using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Winnow.Models.Weights;

/// <summary>A safetensors file, mapped into memory: the system reads pages when values are touched, and may drop them again.</summary>
/// <remarks>
/// The header is checked on opening: its length fits the file, every dtype is known, every range lies in the file, has the size that its
/// shape implies, and shares no byte with another. Reading is safe from several threads; nothing may be read after <see cref="Dispose"/>.
/// </remarks>
public sealed unsafe class SafeTensorsFile : IDisposable
{
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;
    private readonly SafeTensorsHeader _header;
    private readonly byte* _start;
    private bool _disposed;

    private SafeTensorsFile(string path, MemoryMappedFile mapping, MemoryMappedViewAccessor view, SafeTensorsHeader header)
    {
        (Path, _mapping, _view, _header) = (path, mapping, view, header);
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += view.PointerOffset;
    }

    /// <summary>The file's path as it was given.</summary>
    public string Path { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Entries => _header.Entries;

    /// <summary>The free text that the writer left under <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Maps a file and checks its header.</summary>
    /// <exception cref="WinnowException">
    /// The file is missing, cannot be read, or is no valid safetensors file; the message names it and says why.
    /// </exception>
    public static SafeTensorsFile Open(string path)
    {
        try
        {
            long length = new FileInfo(path).Length;
            SafeTensorsHeader header = ReadHeader(path, length);
            var mapping = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            return new SafeTensorsFile(path, mapping, mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read), header);
        }
        catch (WinnowException exception)
        {
            throw new WinnowException($"{path} is no valid safetensors file: {exception.Message}.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new WinnowException($"{path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>The entry of that name.</summary>
    /// <exception cref="WinnowException">There is none.</exception>
    public TensorEntry this[string name] => Entries.GetValueOrDefault(name)
        ?? throw new WinnowException($"{Path} holds no tensor {name}; it holds {Summary()}.");

    /// <summary>Whether there is a tensor of that name.</summary>
    public bool Contains(string name) => Entries.ContainsKey(name);

    /// <summary>The values as they lie in the file; valid until <see cref="Dispose"/>.</summary>
    /// <param name="name">A floating-point or integer tensor.</param>
    /// <returns>Address of <see cref="TensorEntry.ByteCount"/> readable bytes, not necessarily aligned to the size of a value.</returns>
    /// <exception cref="WinnowException">There is no such tensor.</exception>
    public nint AddressOf(string name)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return (nint)(_start + this[name].Offset);
    }

    /// <summary>Writes a tensor's bytes as they lie in the file.</summary>
    /// <exception cref="WinnowException">There is no such tensor.</exception>
    public void CopyTo(string name, Stream destination)
    {
        using var bytes = new UnmanagedMemoryStream((byte*)AddressOf(name), this[name].ByteCount);
        bytes.CopyTo(destination);
    }

    /// <summary>
    /// Says that a tensor's values will not be read for now, so that they need not stay in RAM. They may be read all the same.
    /// </summary>
    /// <exception cref="WinnowException">There is no such tensor.</exception>
    public void Release(string name) => MappedPages.Release((byte*)AddressOf(name), this[name].ByteCount);

    /// <summary>Copies a tensor of floating-point values, converted to 32 bits.</summary>
    /// <exception cref="WinnowException">
    /// There is no such tensor, it holds no floating-point values, or it has more values than an array.
    /// </exception>
    public float[] ReadFloats(string name)
    {
        TensorEntry entry = this[name];
        float[] values = new float[ArrayLength(entry)];
        switch (entry.Type)
        {
            case TensorType.F32:
                Values<float>(entry).CopyTo(values);
                break;
            case TensorType.F16:
                TensorPrimitives.ConvertToSingle(Values<Half>(entry), values);
                break;
            case TensorType.BF16:
                ConvertBrainFloats(Values<ushort>(entry), values);
                break;
            case TensorType.F64:
                TensorPrimitives.ConvertTruncating<double, float>(Values<double>(entry), values);
                break;
            default:
                throw WrongType(entry, "floating-point values");
        }
        return values;
    }

    /// <summary>Copies a tensor of floating-point values, converted to 64 bits.</summary>
    /// <inheritdoc cref="ReadFloats"/>
    public double[] ReadDoubles(string name)
    {
        TensorEntry entry = this[name];
        return entry.Type == TensorType.F64 ? Values<double>(entry).ToArray() : Array.ConvertAll(ReadFloats(name), value => (double)value);
    }

    /// <summary>Copies a tensor of whole numbers (I64, I32, I8, U8), converted to 64 bits.</summary>
    /// <exception cref="WinnowException">
    /// There is no such tensor, it holds no whole numbers, or it has more values than an array.
    /// </exception>
    public long[] ReadInt64s(string name)
    {
        TensorEntry entry = this[name];
        return entry.Type switch
        {
            TensorType.I64 => Values<long>(entry).ToArray(),
            TensorType.I32 => Array.ConvertAll(Values<int>(entry).ToArray(), value => (long)value),
            TensorType.I8 => Array.ConvertAll(Values<sbyte>(entry).ToArray(), value => (long)value),
            TensorType.U8 => Array.ConvertAll(Values<byte>(entry).ToArray(), value => (long)value),
            _ => throw WrongType(entry, "whole numbers"),
        };
    }

    /// <summary>Copies a tensor of whole numbers, converted to 32 bits.</summary>
    /// <exception cref="WinnowException">As <see cref="ReadInt64s"/>, or a value needs more than 32 bits.</exception>
    public int[] ReadInt32s(string name) => Array.ConvertAll(ReadInt64s(name), value => value is >= int.MinValue and <= int.MaxValue
        ? (int)value
        : throw new WinnowException($"The tensor {name} of {Path} holds {value}, which needs more than 32 bits."));

    /// <summary>Copies a U8 tensor.</summary>
    /// <exception cref="WinnowException">There is no such tensor, or it has another type.</exception>
    public byte[] ReadBytes(string name)
    {
        TensorEntry entry = this[name];
        return entry.Type == TensorType.U8 ? Values<byte>(entry).ToArray() : throw WrongType(entry, "bytes (U8)");
    }

    /// <summary>Copies a BOOL tensor.</summary>
    /// <exception cref="WinnowException">There is no such tensor, or it has another type.</exception>
    public bool[] ReadBools(string name)
    {
        TensorEntry entry = this[name];
        return entry.Type == TensorType.Bool
            ? Array.ConvertAll(Values<byte>(entry).ToArray(), value => value != 0)
            : throw WrongType(entry, "truth values (BOOL)");
    }

    /// <summary>Unmaps the file: every address taken from it is void.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _mapping.Dispose();
    }

    private static SafeTensorsHeader ReadHeader(string path, long length)
    {
        using FileStream stream = File.OpenRead(path);
        if (length < sizeof(ulong))
            throw new WinnowException($"it has {length} bytes, too few for the length of a header");
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        stream.ReadExactly(prefix);
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > (ulong)Math.Min(length - sizeof(ulong), Array.MaxLength))
            throw new WinnowException($"it claims a header of {headerLength} bytes, but has {length} bytes in all");
        byte[] json = new byte[headerLength];
        stream.ReadExactly(json);
        long dataStart = sizeof(ulong) + (long)headerLength;
        return SafeTensorsHeader.Parse(json, dataStart, length - dataStart);
    }

    private static void ConvertBrainFloats(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        Span<uint> bits = MemoryMarshal.Cast<float, uint>(destination);
        for (int i = 0; i < source.Length; i++)
            bits[i] = (uint)source[i] << 16;
    }

    private ReadOnlySpan<T> Values<T>(TensorEntry entry) where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new ReadOnlySpan<T>(_start + entry.Offset, ArrayLength(entry));
    }

    private int ArrayLength(TensorEntry entry) => entry.Count <= Array.MaxLength
        ? (int)entry.Count
        : throw new WinnowException($"The tensor {entry} of {Path} has {entry.Count} values, more than one array holds.");

    private WinnowException WrongType(TensorEntry entry, string expected) => new($"The tensor {entry} of {Path} does not hold {expected}.");

    private string Summary() => Entries.Count <= 12
        ? string.Join(", ", Entries.Keys)
        : $"{Entries.Count} tensors, such as {string.Join(", ", Entries.Keys.Take(6))}";
}
