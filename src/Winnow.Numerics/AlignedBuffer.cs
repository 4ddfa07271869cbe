using System.Runtime.InteropServices;

namespace Winnow.Numerics;

/// <summary>Native memory aligned to 64 bytes (one cache line, one 512-bit vector), outside the garbage collector's heap.</summary>
/// <remarks>
/// Large buffers lie on 2 MB boundaries and ask the system for pages of that size: memory that is new is then handed out in five
/// hundred times fewer steps, which on a virtual machine may cost more than the work that is done in it (160 MB: 0.5 s in pages of 4
/// KB, 0.014 s in large ones).
/// </remarks>
public sealed unsafe partial class AlignedBuffer : IDisposable
{
    /// <summary>Alignment in bytes of every buffer.</summary>
    public const int Alignment = 64;

    private const long LargePage = 1 << 21;
    private const long LargeFrom = 2 * LargePage;
    private const int WantLargePages = 14;

    private void* _pointer;

    /// <summary>Allocates memory whose content is undefined.</summary>
    /// <param name="bytes">Size in bytes, zero or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> is negative.</exception>
    /// <exception cref="OutOfMemoryException">The system refused.</exception>
    public AlignedBuffer(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        bool large = bytes >= LargeFrom;
        _pointer = NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, Alignment), large ? (nuint)LargePage : Alignment);
        Bytes = bytes;
        // A wish: where the system has no such call or no such pages, nothing happens.
        if (large && OperatingSystem.IsLinux())
            _ = Advise(_pointer, (nuint)(bytes / LargePage * LargePage), WantLargePages);
    }

    /// <summary>Frees the memory of a buffer that nobody disposed.</summary>
    ~AlignedBuffer() => Free();

    /// <summary>Size in bytes, as asked for.</summary>
    public long Bytes { get; }

    /// <summary>First byte; valid until <see cref="Dispose"/>, and only while this object is reachable.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public void* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer is null, this);
            return _pointer;
        }
    }

    /// <summary>The whole buffer as elements of <typeparamref name="T"/>; a remainder that is no whole element is left out.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <exception cref="OverflowException">There are more than 2^31 - 1 elements.</exception>
    public Span<T> AsSpan<T>()
        where T : unmanaged => new(Pointer, checked((int)(Bytes / sizeof(T))));

    /// <summary>Some elements of the buffer, which may be longer than a span.</summary>
    /// <param name="first">Number of the first element.</param>
    /// <param name="count">Number of elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">They do not all lie inside.</exception>
    public Span<T> AsSpan<T>(long first, int count)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((first + count) * sizeof(T), Bytes, nameof(count));
        return new Span<T>((T*)Pointer + first, count);
    }

    /// <summary>Sets every byte to zero.</summary>
    public void Clear() => NativeMemory.Clear(Pointer, (nuint)Bytes);

    /// <summary>Frees the memory; spans and pointers into it become invalid.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
