using System.Diagnostics;
using System.Text.Json;
using Winnow.Bench;

namespace Winnow.Cli.Commands;

/// <summary>Runs a part of the benchmark in a process of its own.</summary>
internal static class BenchProcess
{
    private static readonly JsonSerializerOptions Style = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Peak memory of a process that builds and runs the model and does nothing else.</summary>
    /// <param name="shapes">Options of the benchmark, see <see cref="BenchShapes.Arguments"/>.</param>
    /// <param name="cancellation">Ends the process.</param>
    /// <exception cref="WinnowException">The process failed; it has said why on standard error.</exception>
    public static MemoryResult MeasureMemory(IReadOnlyList<string> shapes, CancellationToken cancellation)
    {
        using var process = Process.Start(Command(["bench", "--only", "memory", "--json", .. shapes]))
            ?? throw new WinnowException("A process of its own for the memory cannot be started; run winnow bench --only memory.");
        using CancellationTokenRegistration stop = cancellation.Register(() => process.Kill(entireProcessTree: true));
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        cancellation.ThrowIfCancellationRequested();
        if (process.ExitCode != 0)
            throw new WinnowException($"winnow bench --only memory ended with exit code {process.ExitCode}.");
        return JsonDocument.Parse(output).RootElement.GetProperty("memory").Deserialize<MemoryResult>(Style)!;
    }

    private static ProcessStartInfo Command(IEnumerable<string> arguments)
    {
        string program = Environment.ProcessPath ?? throw new WinnowException("The system does not say where this program lies.");
        bool isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        return new ProcessStartInfo(program, isHost ? [typeof(BenchProcess).Assembly.Location, .. arguments] : arguments)
        {
            RedirectStandardOutput = true,
        };
    }
}
