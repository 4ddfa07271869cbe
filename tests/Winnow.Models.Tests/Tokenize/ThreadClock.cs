using System.Runtime.InteropServices;

namespace Winnow.Models.Tests.Tokenize;

/// <summary>Processor time of the current thread: unlike a wall clock, blind to what else the machine does.</summary>
internal static partial class ThreadClock
{
    private const int ThreadProcessorTime = 3;

    public static TimeSpan Now
    {
        get
        {
            Assert.Equal(0, clock_gettime(ThreadProcessorTime, out Timespec time));
            return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1000.0);
        }
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, out Timespec time);

    private readonly record struct Timespec(long Seconds, long Nanoseconds);
}
