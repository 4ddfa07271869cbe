using System.Diagnostics;

namespace Winnow.Engine;

/// <summary>The most memory that this process has held in RAM so far.</summary>
public static class PeakMemory
{
    /// <summary>Peak resident set in bytes, mapped weights included.</summary>
    public static long Bytes
    {
        get
        {
            using var self = Process.GetCurrentProcess();
            return self.PeakWorkingSet64;
        }
    }
}
