namespace Winnow.Numerics;

/// <summary>
/// Memory for the matrices of a model, one behind the other in the system's large pages.
/// </summary>
/// <remarks>
/// Decoding reads every matrix once a token. Where each has small pages of its own, the processor looks up thousands of them anew every
/// time, which cost a virtual machine 8% of a step, and a matrix of 1 MB a fifth of its time.
/// </remarks>
public static unsafe class WeightMemory
{
    private const long BlockBytes = 64L << 20;
    private const long AloneFrom = BlockBytes / 4;

    private static readonly Lock Gate = new();
    private static AlignedBuffer? _block;
    private static long _used;

    /// <summary>Takes memory whose content is undefined, 64-byte aligned; several threads may.</summary>
    /// <param name="bytes">Size in bytes, zero or more.</param>
    /// <returns>
    /// The first byte, and the object that must stay reachable as long as the memory is used: the owner of a <see cref="WeightMatrix"/>.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> is negative.</exception>
    /// <exception cref="OutOfMemoryException">The system refused.</exception>
    public static (nint Pointer, object Owner) Take(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (bytes >= AloneFrom)
        {
            AlignedBuffer alone = new(bytes);
            return ((nint)alone.Pointer, alone);
        }

        lock (Gate)
        {
            // What is left of a block that is too short was never touched, so that the system has given no memory for it.
            if (_block is null || _used + bytes > BlockBytes)
            {
                (_block, _used) = (new AlignedBuffer(BlockBytes), 0);
            }

            nint pointer = (nint)_block.Pointer + (nint)_used;
            _used += (bytes + AlignedBuffer.Alignment - 1) / AlignedBuffer.Alignment * AlignedBuffer.Alignment;
            return (pointer, _block);
        }
    }
}
