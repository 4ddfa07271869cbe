using Winnow.Numerics;

namespace Winnow.Primitives;

/// <summary>
/// The last large buffer that was given back, for the next that needs one: several questions about a video, or several videos, then do not
/// each fetch new memory from the system, which may take longer than what is computed in it. The next garbage collection frees it.
/// </summary>
internal static class ScratchMemory
{
    private static WeakReference<AlignedBuffer>? _last;

    /// <summary>A buffer of at least that size, its content undefined.</summary>
    public static AlignedBuffer Rent(long bytes) =>
        Interlocked.Exchange(ref _last, null) is { } last && last.TryGetTarget(out AlignedBuffer? buffer) && buffer.Bytes >= bytes
            ? buffer
            : new AlignedBuffer(bytes);

    /// <summary>Gives a buffer back; its user must not touch it again.</summary>
    public static void Return(AlignedBuffer buffer) => Interlocked.Exchange(ref _last, new WeakReference<AlignedBuffer>(buffer));
}
