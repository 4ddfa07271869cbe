using System.CommandLine;

namespace Winnow.Cli;

/// <summary>
/// Runs the command line: Ctrl+C cancels, an error that the user can act on is one line on standard error and exit code 1.
/// </summary>
internal static class Host
{
    public const int Cancelled = 130;

    public static async Task<int> RunAsync(RootCommand root, string[] arguments)
    {
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, press) =>
        {
            press.Cancel = true;
            stop.Cancel();
        };
        try
        {
            return await root.Parse(arguments)
                .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, stop.Token);
        }
        catch (Exception error) when (error is WinnowException or ArgumentException)
        {
            await Console.Error.WriteLineAsync($"winnow: {error.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
        catch (OperationCanceledException)
        {
            return Cancelled;
        }
    }
}
