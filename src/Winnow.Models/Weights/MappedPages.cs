using System.Runtime.InteropServices;

namespace Winnow.Models.Weights;

/// <summary>Pages of a mapped file that were read and will not be read again soon.</summary>
internal static unsafe partial class MappedPages
{
    private const int DoNotNeed = 4;

    /// <summary>Gives the whole pages of a range back to the system, which reads them again from the file when they are touched.</summary>
    /// <remarks>
    /// Without it, quantising while loading would keep both the file and its int8 copy in memory. A wish: where the system has no such
    /// call, nothing happens.
    /// </remarks>
    /// <param name="start">First byte.</param>
    /// <param name="bytes">Length of the range.</param>
    public static void Release(byte* start, long bytes)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            return;
        long page = Environment.SystemPageSize;
        long first = ((long)start + page - 1) / page * page, end = ((long)start + bytes) / page * page;
        if (end > first)
            _ = Advise((void*)first, (nuint)(end - first), DoNotNeed);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
