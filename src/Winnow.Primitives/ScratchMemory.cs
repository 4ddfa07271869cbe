using Winnow.Numerics;

namespace Winnow.Primitives;

/// <summary>
/// The last few large buffers that were given back, for the next that needs one: several questions about a video, or several videos, then
/// do not each fetch new memory from the system, which may take longer than what is computed in it. The next garbage collection frees them.
/// </summary>
internal static class ScratchMemory
{
    // A table, and the packed operands of a product.
    private static readonly WeakReference<AlignedBuffer>?[] Free = new WeakReference<AlignedBuffer>?[3];
    private static readonly Lock Gate = new();

    /// <summary>A buffer of at least that size, its content undefined.</summary>
    public static AlignedBuffer Rent(long bytes)
    {
        lock (Gate)
        {
            int smallest = -1;
            long size = long.MaxValue;
            for (int i = 0; i < Free.Length; i++)
                if (Size(i) > 0 && Size(i) >= bytes && Size(i) < size)
                    (smallest, size) = (i, Size(i));
            if (smallest >= 0 && Free[smallest]!.TryGetTarget(out AlignedBuffer? buffer))
            {
                Free[smallest] = null;
                return buffer;
            }
        }
        return new AlignedBuffer(bytes);
    }

    /// <summary>Gives a buffer back; its user must not touch it again.</summary>
    public static void Return(AlignedBuffer buffer)
    {
        lock (Gate)
        {
            int smallest = 0;
            for (int i = 1; i < Free.Length; i++)
                if (Size(i) < Size(smallest))
                    smallest = i;
            if (Size(smallest) < buffer.Bytes)
                Free[smallest] = new WeakReference<AlignedBuffer>(buffer);
        }
    }

    private static long Size(int i) => Free[i] is { } held && held.TryGetTarget(out AlignedBuffer? buffer) ? buffer.Bytes : 0;
}
