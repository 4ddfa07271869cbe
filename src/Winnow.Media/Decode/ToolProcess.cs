using System.ComponentModel;
using System.Diagnostics;

namespace Winnow.Media;

/// <summary>A running program whose standard output we read. Disposing or cancelling ends it, with all that it started.</summary>
internal sealed class ToolProcess : IAsyncDisposable
{
    // ENOENT (on Windows ERROR_FILE_NOT_FOUND, the same number) and EACCES.
    private const int FileNotFound = 2;
    private const int AccessDenied = 13;

    private readonly Process _process;
    private readonly Task _drained;
    private readonly CancellationToken _cancellationToken;
    private readonly CancellationTokenRegistration _cancellation;

    private ToolProcess(Process process, CancellationToken cancellationToken)
    {
        _process = process;
        _cancellationToken = cancellationToken;
        _drained = Log.DrainAsync(process.StandardError);
        // A read that waits on the pipe does not see the token; the end of the program ends it.
        _cancellation = cancellationToken.Register(Kill);
    }

    /// <summary>What it says on its error stream; complete after <see cref="WaitAsync"/>.</summary>
    public ToolLog Log { get; } = new();

    private Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>What it reads; only where it was started to take input. Closing it tells the program that there is no more.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>Starts a program.</summary>
    /// <exception cref="WinnowException">It is not there or may not be run.</exception>
    public static ToolProcess Start(
        string path, IEnumerable<string> arguments, CancellationToken cancellationToken, bool takesInput = false)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var start = new ProcessStartInfo(path, arguments)
        {
            RedirectStandardInput = takesInput,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        try
        {
            return new ToolProcess(Process.Start(start)!, cancellationToken);
        }
        catch (Win32Exception error)
        {
            throw new WinnowException($"{path} cannot be started ({error.NativeErrorCode switch
            {
                FileNotFound => "not found",
                AccessDenied => "permission denied",
                _ => $"error {error.NativeErrorCode}",
            }}); {FfmpegTools.InstallRemedy}.", error);
        }
    }

    /// <summary>Fills the buffer from the output.</summary>
    /// <returns>Number of bytes read; fewer than asked only at the end of the output.</returns>
    public async Task<int> ReadAsync(Memory<byte> buffer)
    {
        ValueTask<int> reading = Output.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, CancellationToken.None);
        int count = await reading.ConfigureAwait(false);
        _cancellationToken.ThrowIfCancellationRequested();
        return count;
    }

    /// <summary>Reads all of the output as text.</summary>
    public async Task<string> ReadTextAsync()
    {
        string text = await _process.StandardOutput.ReadToEndAsync(CancellationToken.None).ConfigureAwait(false);
        _cancellationToken.ThrowIfCancellationRequested();
        return text;
    }

    /// <summary>Waits for the end; the output must have been read.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> WaitAsync()
    {
        await _drained.ConfigureAwait(false);
        await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        _cancellationToken.ThrowIfCancellationRequested();
        return _process.ExitCode;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _cancellation.DisposeAsync().ConfigureAwait(false);
        Kill();
        await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        await _drained.ConfigureAwait(false);
        _process.Dispose();
    }

    private void Kill()
    {
        try
        {
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended between the question and the signal.
        }
    }
}
