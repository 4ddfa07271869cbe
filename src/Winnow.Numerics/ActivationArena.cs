namespace Winnow.Numerics;

/// <summary>
/// The scratch memory of one session: spans are handed out one after another and given back together when their scope ends,
/// so that a forward pass allocates nothing once the arena has grown to its peak.
/// </summary>
/// <remarks>
/// Memory comes in blocks that never move, so a span stays valid until its scope ends even when a later request adds a block.
/// When the outermost scope ends, several blocks are replaced by one of their total size. For one thread at a time.
/// </remarks>
public sealed unsafe class ActivationArena : IDisposable
{
    private readonly List<AlignedBuffer> _blocks = [];
    private int _block;
    private long _offset;
    private long _before;
    private int _depth;
    private bool _disposed;

    /// <summary>Creates an arena.</summary>
    /// <param name="initialBytes">Bytes to reserve at once; the arena grows when they do not suffice.</param>
    public ActivationArena(long initialBytes = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(initialBytes);
        if (initialBytes > 0)
        {
            _blocks.Add(new AlignedBuffer(initialBytes));
        }
    }

    /// <summary>Bytes handed out now, padding to 64 bytes included.</summary>
    public long UsedBytes => _before + _offset;

    /// <summary>The most that <see cref="UsedBytes"/> has been.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>Bytes held from the system.</summary>
    public long ReservedBytes => _blocks.Sum(block => block.Bytes);

    /// <summary>Opens a scope: what is rented until the result is disposed is given back then. Scopes nest.</summary>
    public Scope Enter()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _depth++;
        return new Scope(this, _block, _offset, _before);
    }

    /// <summary>Rents elements whose content is undefined, 64-byte aligned, until the innermost open scope ends.</summary>
    /// <param name="count">Number of elements, zero or more.</param>
    /// <typeparam name="T">Element type.</typeparam>
    /// <exception cref="InvalidOperationException">No scope is open, so nothing would give the memory back.</exception>
    public Span<T> Rent<T>(int count)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (_depth == 0)
        {
            throw new InvalidOperationException("Rent was called outside a scope; call Enter() first and dispose its result.");
        }

        long bytes = RoundUp((long)count * sizeof(T));
        SelectBlock(bytes);
        void* pointer = (byte*)_blocks[_block].Pointer + _offset;
        _offset += bytes;
        PeakBytes = Math.Max(PeakBytes, UsedBytes);
        return new Span<T>(pointer, count);
    }

    /// <summary>Rents <paramref name="count"/> floats, see <see cref="Rent{T}"/>.</summary>
    /// <param name="count">Number of floats, zero or more.</param>
    public Span<float> Rent(int count) => Rent<float>(count);

    /// <summary>Frees all memory; rented spans become invalid.</summary>
    public void Dispose()
    {
        _disposed = true;
        _blocks.ForEach(block => block.Dispose());
        _blocks.Clear();
    }

    private static long RoundUp(long bytes) => (bytes + AlignedBuffer.Alignment - 1) & ~(long)(AlignedBuffer.Alignment - 1);

    private void SelectBlock(long bytes)
    {
        while (_block < _blocks.Count && _offset + bytes > _blocks[_block].Bytes)
        {
            _before += _offset;
            _offset = 0;
            _block++;
        }

        if (_block == _blocks.Count)
        {
            // Doubling keeps the number of blocks small while the arena learns its size.
            _blocks.Add(new AlignedBuffer(Math.Max(bytes, Math.Max(1 << 20, ReservedBytes))));
        }
    }

    private void Leave(int block, long offset, long before)
    {
        _block = block;
        _offset = offset;
        _before = before;
        if (--_depth == 0 && _blocks.Count > 1)
        {
            long total = RoundUp(PeakBytes);
            _blocks.ForEach(old => old.Dispose());
            _blocks.Clear();
            _blocks.Add(new AlignedBuffer(total));
        }
    }

    /// <summary>A stretch of the arena's life; disposing it gives back what was rented since <see cref="Enter"/>.</summary>
    public readonly ref struct Scope
    {
        private readonly ActivationArena _arena;
        private readonly int _block;
        private readonly long _offset;
        private readonly long _before;

        internal Scope(ActivationArena arena, int block, long offset, long before)
        {
            _arena = arena;
            _block = block;
            _offset = offset;
            _before = before;
        }

        /// <summary>Gives the memory back; dispose inner scopes before outer ones.</summary>
        public void Dispose() => _arena.Leave(_block, _offset, _before);
    }
}
