using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Winnow.Numerics;

namespace Winnow.Cli;

/// <summary>What a result says of the program and the machine that made it.</summary>
internal static class MachineFacts
{
    private const string ProcessorFile = "/proc/cpuinfo";

    public static IReadOnlyDictionary<string, string> Versions() => new Dictionary<string, string>
    {
        ["winnow"] = typeof(MachineFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? "unknown",
        ["runtime"] = RuntimeInformation.FrameworkDescription,
    };

    public static IReadOnlyDictionary<string, string> Machine() => new Dictionary<string, string>
    {
        ["system"] = $"{RuntimeInformation.OSDescription} ({RuntimeInformation.OSArchitecture})",
        ["processor"] = Processor(),
        ["processors"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
        ["memory"] = string.Create(
            CultureInfo.InvariantCulture, $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30):F1} GiB"),
    };

    /// <summary>
    /// What the machine can do at most, measured now. Takes a quarter GiB for a moment, so it is asked when a
    /// run has ended and its peak memory is known.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Ceiling()
    {
        const int Rounds = 3;
        using var compute = new Compute();
        MachineCeiling ceiling = MachineCeiling.Measure(compute, Rounds);
        return new Dictionary<string, string>
        {
            ["ceiling f32"] = string.Create(CultureInfo.InvariantCulture, $"{ceiling.FloatOperationsPerSecond / 1e9:F0} GFLOP/s"),
            ["ceiling int8"] = string.Create(CultureInfo.InvariantCulture, $"{ceiling.Int8OperationsPerSecond / 1e9:F0} Gop/s"),
            ["ceiling memory"] = string.Create(CultureInfo.InvariantCulture, $"{ceiling.ReadBytesPerSecond / 1e9:F1} GB/s"),
        };
    }

    /// <summary>The command line as the user could type it again.</summary>
    public static string Command(IEnumerable<string> arguments) => string.Join(' ', arguments.Select(Quote).Prepend("winnow"));

    private static string Processor()
    {
        string? line = File.Exists(ProcessorFile)
            ? File.ReadLines(ProcessorFile).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static string Quote(string argument) =>
        argument.Length > 0 && argument.All(symbol => char.IsLetterOrDigit(symbol) || "-_./,=:".Contains(symbol, StringComparison.Ordinal))
            ? argument
            : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
